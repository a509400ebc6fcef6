using System.Diagnostics;

namespace DePin.Tests.Support;

/// <summary>Waits for a fact instead of a time.</summary>
internal static class Eventually
{
    /// <summary>Polls until the fact holds; fails with its name when it does not within the deadline.</summary>
    public static Task HoldsAsync(Func<bool> fact, string name, int deadlineSeconds = 15) => HoldsAsync(() => Task.FromResult(fact()), name, deadlineSeconds);

    /// <summary>The same for a fact that must be asked for.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> fact, string name, int deadlineSeconds = 15)
    {
        long began = Stopwatch.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await fact())
        {
            Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds < deadlineSeconds, $"Waited {deadlineSeconds} s in vain: {name}");
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
