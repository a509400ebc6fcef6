using DePin.Tests.Support;

namespace DePin.Tests.Storage;

/// <summary>Our SQL stays within SQLite 3.35: what the books' tests say holds on the bundled 3.35.5 as on the system's library.</summary>
public sealed class BundledSqliteTests
{
    [Fact]
    public Task The_tests_of_books_proofs_and_rebuilding_pass_on_the_bundled_library_too() =>
        TestRun.PassesAsync(["Ledger", "Proof", "Upkeep", "Approvals"], "DEPIN_SQLITE", "bundled", TestContext.Current.CancellationToken);
}
