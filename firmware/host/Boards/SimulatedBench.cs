namespace DePin.Host.Boards;

/// <summary>Several simulated boards, each on a line of its own, kept going by one loop.</summary>
public sealed class SimulatedBench : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Opens or makes boards in the folders board-01, board-02 and so on, and starts them.</summary>
    public SimulatedBench(string folder, int count, Profile profile, Func<string, bool>? networkAnswers = null, TimeProvider? time = null)
    {
        Boards = [.. Enumerable.Range(1, count).Select(i => Make(Path.Combine(folder, $"board-{i:00}"), profile, networkAnswers, time ?? TimeProvider.System))];
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>The boards.</summary>
    public IReadOnlyList<SimulatedBoard> Boards { get; }

    /// <summary>Ends when a board fails in a way that nobody foresaw.</summary>
    public Task Ended => _loop;

    /// <summary>Switches all of them off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        foreach (SimulatedBoard board in Boards)
        {
            await board.DisposeAsync();
        }

        _stop.Dispose();
    }

    private static SimulatedBoard Make(string folder, Profile profile, Func<string, bool>? networkAnswers, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        return new SimulatedBoard(new SimulatedBoardOptions { Folder = folder, Profile = profile, NetworkAnswers = networkAnswers ?? (_ => true), Time = time });
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Step);
        while (!_stop.IsCancellationRequested)
        {
            foreach (SimulatedBoard board in Boards)
            {
                board.Step();
            }

            await timer.WaitForNextTickAsync(_stop.Token).AsTask().ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
