namespace OpenClaw.EndToEnd.Clients;

/// <summary>One client at a time: each asks a hundred things at once, and the other tests want to breathe.</summary>
internal sealed class ClientTurn : IDisposable
{
    private static readonly SemaphoreSlim s_one = new(1);

    public static async Task<ClientTurn> TakeAsync()
    {
        await s_one.WaitAsync();
        return new ClientTurn();
    }

    public void Dispose() => s_one.Release();
}
