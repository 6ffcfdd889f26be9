namespace OpenClaw;

/// <summary>The only place that writes to the console. Errors and logs go to standard error, answers to standard output.</summary>
internal static class Terminal
{
    /// <summary><c>error:</c> what is wrong, <c>hint:</c> what to do.</summary>
    public static void Error(string message, string hint)
    {
        Console.Error.WriteLine("error: " + message);
        if (hint.Length > 0) Console.Error.WriteLine("hint: " + hint);
    }

    public static void Line(string text) => Console.Error.WriteLine(text);

    /// <summary>A line of the gateway's own log.</summary>
    public static void Log(string text) => Console.Error.WriteLine("openclaw: " + text);
}
