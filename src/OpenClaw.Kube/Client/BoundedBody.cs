namespace OpenClaw.Kube.Client;

/// <summary>Reads a body that may be anything under a cap on its decompressed size.</summary>
internal static class BoundedBody
{
    /// <returns>Null when it is larger.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, int limit, CancellationToken cancel)
    {
        if (content.Headers.ContentLength > limit) return null;
        var known = content.Headers.ContentLength ?? 4096;
        var buffer = new byte[(int)Math.Min(Math.Max(known + 1, 512), limit + 1L)];
        var stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        var length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(length), cancel).ConfigureAwait(false)) > 0)
        {
            length += read;
            if (length > limit) return null;
            if (length == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, limit + 1L));
        }
        return buffer.AsMemory(0, length);
    }
}
