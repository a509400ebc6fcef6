using System.Data.Common;
using System.Threading.Channels;

namespace DePin.Fleet.Storage;

/// <summary>
/// Puts the small pieces of work that many nodes cause at once into one transaction: after a wave opens, reports come faster than a disk commits one by one,
/// and after an outage logins do.
/// Bounded: who finds it full waits, which slows that node's connection down and nobody else's.
/// </summary>
internal sealed class GroupedWork : IAsyncDisposable
{
    private const int Waiting = 2048;
    private const int Most = 500;

    private readonly Channel<Piece> _pieces = Channel.CreateBounded<Piece>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly StoreWriter _writer;
    private readonly Task _work;

    public GroupedWork(StoreWriter writer)
    {
        _writer = writer;
        _work = Task.Run(WorkThroughAsync);
    }

    /// <summary>Does it with others; completes after the commit. Where one of a group fails, none is done, and all of them hear it.</summary>
    public async Task<T> RunAsync<T>(Func<DbConnection, T> work, CancellationToken cancellationToken)
    {
        T? result = default;
        var piece = new Piece(connection => result = work(connection));
        await _pieces.Writer.WriteAsync(piece, cancellationToken);
        await piece.Done.Task;
        return result!;
    }

    /// <summary>Finishes what was handed in.</summary>
    public async ValueTask DisposeAsync()
    {
        _pieces.Writer.TryComplete();
        await _work;
    }

    private async Task WorkThroughAsync()
    {
        var group = new List<Piece>(Most);
        while (await _pieces.Reader.WaitToReadAsync())
        {
            while (group.Count < Most && _pieces.Reader.TryRead(out Piece? piece))
            {
                group.Add(piece);
            }

            try
            {
                await _writer.RunAsync(connection => group.ForEach(piece => piece.Work(connection)));
                group.ForEach(piece => piece.Done.SetResult());
            }
            catch (Exception problem)
            {
                // Theirs to say: none of it is stored, and no node gets its acknowledgement.
                group.ForEach(piece => piece.Done.SetException(problem));
            }

            group.Clear();
        }
    }

    private sealed record Piece(Action<DbConnection> Work)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
