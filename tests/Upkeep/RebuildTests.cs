using System.Data.Common;
using Dapper;
using DePin.Contracts.Metering;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Fleet.Verification;
using DePin.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Upkeep;

/// <summary>The live books are what follows from the signed bytes and the events, to the last micro-credit; whatever was edited is named.</summary>
public sealed class RebuildTests
{
    private const long Day = 86_400;

    [Fact]
    public void Whatever_the_order_of_arrival_the_restarts_and_the_decisions_rebuilding_gives_the_live_books()
    {
        string? balances = null;
        Prop.ForAll(Gen.Choose(0, 1 << 20).ArrayOf(8).ToArbitrary(), choices =>
        {
            using var nodes = new Fleet();
            using var books = new BookFolder();
            RunAsync(books, nodes, choices).GetAwaiter().GetResult();
            RebuildReport report = Check(books);
            Assert.Equal("", string.Join("; ", report.Differences));
            Assert.True(report.Batches == 24 && report.Readings == 24 * 4);
            string now = string.Join('|', books.Read(connection => connection.Query<string>("SELECT name || ' ' || pending_micro || ' ' || posted_micro FROM account ORDER BY name")));
            balances ??= now;
            Assert.Equal(balances, now);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(8));
    }

    [Theory]
    [InlineData("UPDATE account SET posted_micro = posted_micro + 1 WHERE name = 'operator:amina'", "account operator:amina")]
    [InlineData("UPDATE account SET owed_micro = 5 WHERE name = 'operator:amina'", "account operator:amina")]
    [InlineData("DROP TRIGGER transfer_is_never_edited; UPDATE transfer SET amount_micro = amount_micro + 1 WHERE n = (SELECT min(n) FROM transfer WHERE kind = 'energy')", "its transfers are")]
    [InlineData("DROP TRIGGER transfer_is_never_edited; UPDATE transfer SET credit = (SELECT id FROM account WHERE name = 'operator:otieno') WHERE kind = 'energy' AND credit = (SELECT id FROM account WHERE name = 'operator:amina')", "transfers")]
    [InlineData("DROP TRIGGER segment_is_never_edited; UPDATE segment SET creditable_mwh = creditable_mwh + 1 WHERE id = (SELECT min(id) FROM segment)", "its segments are stored as")]
    [InlineData("UPDATE verdict SET detail = NULL, credited = readings, held = 0, refused = 0, unfunded = 0", "its verdicts are stored as")]
    [InlineData("DROP TRIGGER batch_message_is_never_edited; UPDATE batch_message SET message = CAST(substr(message, 1, length(message) - 100) || x'00' || substr(message, length(message) - 98) AS BLOB) WHERE batch = 3", "batch 3")]
    [InlineData("DROP TRIGGER batch_message_goes_to_an_archive; DELETE FROM batch_message WHERE batch = 3", "batch 3")]
    [InlineData("UPDATE batch SET arrived_ms = arrived_ms - 999000000000 WHERE id = 3", "batch 3")]
    [InlineData("DROP TRIGGER hold_is_decided_once; UPDATE hold SET state = 'open'", "what is held is stored as")]
    [InlineData("UPDATE verdict_state SET state = zeroblob(length(state)) WHERE node = 1", "what is remembered of it")]
    [InlineData("UPDATE tally SET value = value + 1 WHERE name = 'credited'", "tally credited")]
    [InlineData("DROP TRIGGER agreement_is_never_edited; UPDATE agreement SET operator_basis_points = 9000, capital_builder_basis_points = 1000 WHERE id = 1", "agreement 1")]
    [InlineData("DROP TRIGGER tariff_is_never_edited; UPDATE tariff SET micro_per_kwh = micro_per_kwh * 2", "tariff")]
    [InlineData("UPDATE pairing SET operator = 'mallory' WHERE id = 1", "pairing 1")]
    [InlineData("INSERT INTO firmware_release(digest, name, recorded_ms) VALUES('0102030405060708', 'ours', 1)", "release 0102030405060708")]
    [InlineData("UPDATE firmware_release SET recalled_ms = NULL", "the recall of ffffffffffffffff")]
    [InlineData("UPDATE firmware_release SET replaced_ms = 99", "the replacement of ffffffffffffffff")]
    [InlineData("INSERT INTO visit(node, at_ms, by, latitude, longitude) VALUES(1, 5, 'amina', 0, 0)", "visit 1")]
    [InlineData("INSERT INTO downtime(node, from_unix, to_unix, reason, by) VALUES(1, 5, 9, 'storm', 'amina')", "downtime 1")]
    [InlineData("DROP TRIGGER loan_terms_are_never_edited; UPDATE loan SET basis_points = 1", "loan 1")]
    [InlineData("UPDATE pairing SET to_unix = 2000000000 WHERE id = 1", "the end of pairing 1")]
    [InlineData("INSERT INTO suspension(node, from_ms, after_batch, reason, evidence, cure, by) VALUES(1, 5, 1000000, 'x', 'x', 'x', 'x')", "suspension 1")]
    [InlineData("UPDATE node SET public_key = zeroblob(33) WHERE id = 1", "its name is not the hash of its key")]
    [InlineData("INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) SELECT randomblob(32), 'energy', 'pending', 2, (SELECT id FROM account WHERE name = 'builder:ngo-1'), 7, max(id), 1 FROM segment", "transfers")]
    public async Task An_edited_row_is_named(string sql, string named)
    {
        Assert.SkipWhen(TestDatabase.IsPostgres && sql.Contains("AS BLOB", StringComparison.Ordinal), "these are SQLite's words for bytes");
        using var nodes = new Fleet();
        using var books = new BookFolder();
        await RunAsync(books, nodes, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal("", string.Join("; ", Check(books).Differences));
        using (DbConnection connection = books.Tamper())
        {
            connection.Execute(TestDatabase.PastTriggers(sql));
        }

        Assert.Contains(Check(books).Differences, difference => difference.Contains(named, StringComparison.Ordinal));
    }

    private static RebuildReport Check(BookFolder books) => books.Read(connection => new RebuildCheck(connection, null).Run(CancellationToken.None));

    // Three nodes: honest readings, overlaps that are decided, a boot that is dated later, an over-rating; restarts and settlement between.
    private static async Task RunAsync(BookFolder books, Fleet fleet, int[] choices)
    {
        books.Settings = new VerificationSettings();
        books.Restart();
        for (int i = 0; i < fleet.Nodes.Length; i++)
        {
            long row = await books.RegisterAsync(fleet.Nodes[i], @operator: i == 0 ? "amina" : "otieno", operatorBasisPoints: 3333 + i);
            await books.WriteAsync(connection =>
            {
                LoanStore.Insert(connection, row, new Loan("bank", 0, 50_000 + i, 2500, 1000), 1, "amina + otieno");
                return true;
            });
        }

        await books.FundAsync(2_000_000, "first");
        var next = new int[fleet.Nodes.Length];
        foreach (int choice in Enumerable.Range(0, 24).Select(i => choices[i % 8] >> (i / 8)))
        {
            int node = Enumerable.Range(0, 3).Select(i => (choice + i) % 3).First(i => next[i] < 8);
            (byte[] signed, long arrived) = fleet.Batches[node][next[node]++];
            await books.StoreAsync(fleet.Nodes[node], signed, arrived);
            if ((choice & 4) != 0)
            {
                await books.Bookkeeper.BookNextAsync();
            }

            if ((choice & 8) != 0)
            {
                books.Restart();
            }
        }

        await books.FundAsync(50_000_000, "rest");
        await books.BookAllAsync();
        await books.WriteAsync(connection => Enumerable.Range(1, 3).Sum(node => books.Bookkeeper.BooksOn(connection).Decide(
            HoldStore.Open(connection, node, VerdictName.Overlap, 100), new Decision(node != 2, "amina", "looked at"), books.Time.UnixMilliseconds).Released));
        await books.WriteAsync(connection =>
        {
            // A release that none of these nodes runs, and that comes after all of them.
            long at = books.Time.UnixMilliseconds + (90 * Day * 1000);
            EventStore.Record(connection, at, "release", null, "amina", new { digest = "ffffffffffffffff" });
            FirmwareStore.Record(connection, "ffffffffffffffff", "theirs", at);
            EventStore.Record(connection, at, "recall", null, "amina + otieno", new { digest = "ffffffffffffffff", isFraud = true });
            return FirmwareStore.Recall(connection, "ffffffffffffffff", true, at);
        });
        books.Time.UnixSeconds += 100 * Day;
        await books.SettleAllAsync();
    }

    private sealed class Fleet : IDisposable
    {
        public Fleet()
        {
            Nodes = [new TestNode(), new TestNode(), new TestNode()];
            Batches = [.. Nodes.Select((node, n) => Enumerable.Range(0, 8).Select(i => Sign(node, n, i)).ToArray())];
        }

        public TestNode[] Nodes { get; }

        public (byte[] Signed, long Arrived)[][] Batches { get; }

        public void Dispose() => Array.ForEach(Nodes, node => node.Dispose());

        private static (byte[], long) Sign(TestNode node, int n, int i)
        {
            node.OpensUnixSeconds -= i == 5 ? 700 : 0;
            long closes = node.OpensUnixSeconds + 1200;
            byte[] signed = node.SignWith(
                batch =>
                {
                    batch.Boot = i < 2 ? 1 : 2;
                    batch.UptimeSeconds = 1000 + (i * 1200);
                    if (i is 2 or 3)
                    {
                        batch.Clock = ClockState.NeverSet;
                        batch.OpenedUnixSeconds = 0;
                    }
                },
                readings: 4,
                delivered: i == 1 ? 5000 : 41 + i + n);
            return (signed, closes + 120);
        }
    }
}
