using System.Runtime.ExceptionServices;

namespace DePin.Host.Bundles;

/// <summary>
/// The external watchdog of a simulated board: work that may never come back is done on a thread of its own, and when no tick of
/// it ended for too long, the thread is given up.
/// </summary>
internal sealed class Watchdog(TimeSpan limit) : IDisposable
{
    private Worker? _worker;

    /// <summary>Does the work; false where it stands still. Its exceptions come through.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="beats">A count that rises with every tick that ended.</param>
    public bool Run(Action work, Func<long> beats)
    {
        Worker worker = _worker ??= new Worker();
        worker.Begin(work);
        long seen = beats();
        while (!worker.Done.Wait(limit))
        {
            long now = beats();
            if (now == seen)
            {
                worker.GiveUp();
                _worker = null;
                return false;
            }

            seen = now;
        }

        worker.Problem?.Throw();
        return true;
    }

    public void Dispose()
    {
        _worker?.GiveUp();
        _worker = null;
    }

    private sealed class Worker
    {
        private readonly SemaphoreSlim _next = new(0);
        private volatile bool _isGivenUp;
        private Action _work = () => { };

        public Worker()
        {
            new Thread(Loop) { IsBackground = true, Name = "virtual board" }.Start();
        }

        public SemaphoreSlim Done { get; } = new(0);

        public ExceptionDispatchInfo? Problem { get; private set; }

        public void Begin(Action work)
        {
            _work = work;
            Problem = null;
            _next.Release();
        }

        public void GiveUp()
        {
            _isGivenUp = true;
            _next.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _next.Wait();
                if (_isGivenUp)
                {
                    return;
                }

                try
                {
                    _work();
                }
#pragma warning disable CA1031 // Whatever a bundle throws is its owner's affair, on the owner's thread.
                catch (Exception problem)
#pragma warning restore CA1031
                {
                    Problem = ExceptionDispatchInfo.Capture(problem);
                }

                Done.Release();
            }
        }
    }
}
