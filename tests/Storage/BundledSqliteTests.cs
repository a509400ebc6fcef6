using System.Diagnostics;

namespace DePin.Tests.Storage;

/// <summary>Our SQL stays within SQLite 3.35: what the books' tests say holds on the bundled 3.35.5 as on the system's library.</summary>
public sealed class BundledSqliteTests
{
    [Fact]
    public async Task The_tests_of_books_proofs_and_rebuilding_pass_on_the_bundled_library_too()
    {
        string[] arguments = [typeof(BundledSqliteTests).Assembly.Location, "-namespace", "DePin.Tests.Ledger", "-namespace", "DePin.Tests.Proof", "-namespace", "DePin.Tests.Upkeep", "-namespace", "DePin.Tests.Approvals", "-noColor"];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["DEPIN_SQLITE"] = "bundled";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output[Math.Max(0, output.Length - 4000)..] + await errors);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }
}
