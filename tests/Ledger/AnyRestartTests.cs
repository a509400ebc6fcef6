using DePin.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Ledger;

/// <summary>The ledger is a function of what was stored, whatever happened in between.</summary>
public sealed class AnyRestartTests
{
    [Fact]
    public void Restarts_and_late_funds_at_any_moment_end_in_the_same_ledger()
    {
        string? expected = null;
        byte[][] signed = SignFleet(out TestNode[] nodes);
        try
        {
            Prop.ForAll(Gen.Choose(0, 7).ArrayOf(signed.Length).ToArbitrary(), moments =>
            {
                string ledger = RunAsync(nodes, signed, moments).GetAwaiter().GetResult();
                expected ??= RunAsync(nodes, signed, new int[signed.Length]).GetAwaiter().GetResult();
                Assert.Equal(expected, ledger);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
        }
        finally
        {
            Array.ForEach(nodes, node => node.Dispose());
        }
    }

    private static byte[][] SignFleet(out TestNode[] nodes)
    {
        nodes = [new TestNode(), new TestNode(), new TestNode()];
        var signed = new List<byte[]>();
        for (int i = 0; i < 8; i++)
        {
            foreach (TestNode node in nodes)
            {
                node.OpensUnixSeconds -= i == 5 ? 700 : 0;
                signed.Add(node.SignNext(readings: 4, delivered: i == 3 ? 5000 : 201 + i));
            }
        }

        return [.. signed];
    }

    // Moments: bit 0 books now, bit 1 restarts, bit 2 funds (idempotent, so the sum of funds is the same in the end).
    private static async Task<string> RunAsync(TestNode[] nodes, byte[][] signed, int[] moments)
    {
        using var books = new BookFolder();
        foreach (TestNode node in nodes)
        {
            await books.RegisterAsync(node, operatorBasisPoints: 3333);
        }

        for (int i = 0; i < signed.Length; i++)
        {
            if ((moments[i] & 2) != 0)
            {
                books.Restart();
            }

            if ((moments[i] & 4) != 0)
            {
                await books.FundAsync(40_000, $"grant-{i % 4}");
            }

            await books.StoreAsync(nodes[i % nodes.Length], signed[i]);
            if ((moments[i] & 1) != 0)
            {
                await books.Bookkeeper.BookNextAsync();
            }
        }

        for (int i = 0; i < 4; i++)
        {
            await books.FundAsync(40_000, $"grant-{i}");
        }

        await books.FundAsync(10_000_000, "rest");
        await books.BookAllAsync();
        await books.AssertSumIsZeroAsync();
        return books.Everything();
    }
}
