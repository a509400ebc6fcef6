using DePin.Host.Platform;
using DePin.Node;
using DePin.Node.Uplink;

namespace DePin.Tests.Node;

/// <summary>Random waits below a bound that doubles.</summary>
public sealed class BackoffTests
{
    [Fact]
    public void The_bound_doubles_with_every_failure_up_to_five_minutes_and_begins_again()
    {
        var waits = new Backoff(new SeededEntropy(1));
        Assert.Equal(0, waits.NextMilliseconds);
        var bounds = new List<long>();
        for (int i = 0; i < 20; i++)
        {
            waits.Fail(1_000_000);
            bounds.Add(waits.LongestMilliseconds);
            Assert.InRange(waits.NextMilliseconds, 1_000_000, 1_000_000 + waits.LongestMilliseconds);
        }

        Assert.Equal([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, Limits.RetryMaxMilliseconds], bounds.Take(10));
        Assert.All(bounds.Skip(9), bound => Assert.Equal(Limits.RetryMaxMilliseconds, bound));
        waits.Reset();
        waits.Fail(0);
        Assert.Equal(Limits.RetryMilliseconds, waits.LongestMilliseconds);
    }
}
