using System.Diagnostics;
using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>Several boards: a few at once, the next when one ends, and none that holds up the others.</summary>
internal sealed class FlashRun(FlashOptions options, RegistrationApi api, Action<IReadOnlyList<FlashResult>> shows)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private readonly SortedDictionary<int, FlashResult> _results = [];
    private readonly Lock _gate = new();
    private int _begun;

    /// <summary>Flashes the boards at these ports.</summary>
    public async Task<IReadOnlyList<FlashResult>> RunAsync(IReadOnlyList<string> ports, int atOnce, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            ports,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (port, token) => await OneAsync(port, token));
        return Results();
    }

    /// <summary>Flashes every board that is plugged in from now on, until so many were begun or it is stopped. A port counts again once its board was unplugged.</summary>
    public async Task<IReadOnlyList<FlashResult>> WatchAsync(Func<IReadOnlyList<string>> ports, int boards, CancellationToken cancellationToken)
    {
        var under = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            while (_begun < boards || under.Values.Any(task => !task.IsCompleted))
            {
                IReadOnlyList<string> there = ports();
                foreach (string gone in under.Keys.Where(port => under[port].IsCompleted && !there.Contains(port)).ToList())
                {
                    await under[gone];
                    under.Remove(gone);
                }

                foreach (string port in there.Where(port => !under.ContainsKey(port) && _begun < boards))
                {
                    under[port] = OneAsync(port, cancellationToken);
                }

                await Task.Delay(Look, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is how a watch ends; what was done stands in the results.
        }

        await Task.WhenAll(under.Values.Select(task => task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
        return Results();
    }

    /// <summary>0 where all are done, the step's code where there is one board, else that of a batch.</summary>
    public static int ExitCode(IReadOnlyList<FlashResult> results) =>
        results.All(result => result.State == FlashResult.Done) ? 0 : results.Count == 1 ? results[0].ExitCode : FlashException.SomeBoards;

    private IReadOnlyList<FlashResult> Results()
    {
        lock (_gate)
        {
            return [.. _results.Values];
        }
    }

    private async Task OneAsync(string port, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _begun);
        long began = Stopwatch.GetTimestamp();
        var flow = new BoardFlow(options, api, result => Show(number, result));
        try
        {
            await flow.RunAsync(port, cancellationToken);
        }
        catch (Exception problem) when (problem is CommandException)
        {
            // A journal that cannot be read is this board's trouble, not its neighbours'.
            Show(number, new FlashResult(port, FlashResult.Failed, Seconds: Stopwatch.GetElapsedTime(began).TotalSeconds, ExitCode: 1, Message: problem.Message));
        }
    }

    private void Show(int number, FlashResult result)
    {
        lock (_gate)
        {
            _results[number] = result;
            shows(Results());
        }
    }
}
