using System.Diagnostics;

namespace DePin.Tests.Support;

/// <summary>Some of these tests again, in a process with other variables.</summary>
internal static class TestRun
{
    /// <summary>Passes when all tests of these namespaces, or with the filter '-class' classes, pass there.</summary>
    public static async Task PassesAsync(IEnumerable<string> names, string variable, string value, CancellationToken cancellationToken, string filter = "-namespace")
    {
        string[] arguments = [typeof(TestRun).Assembly.Location, .. names.SelectMany(name => (string[])[filter, $"DePin.Tests.{name}"]), "-noColor"];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment[variable] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, output[Math.Max(0, output.Length - 4000)..] + await errors);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }
}
