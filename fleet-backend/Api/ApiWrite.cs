using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Api;

/// <summary>One write on its way: its row, and its key's where it has one, go along with the first job that it causes.</summary>
internal sealed class ApiWrite(WriteFacts facts) : IWriteAlong
{
    private long _row;
    private bool _hasBegun;
    private bool _isCommitted;
    private volatile bool _isOver;

    /// <summary>Who asks for what.</summary>
    public WriteFacts Facts { get; } = facts;

    /// <summary>Hashes of the idempotency key and of what was sent with it; null without a key.</summary>
    public (byte[] Key, byte[] Content)? Key { get; set; }

    /// <summary>The encrypted answer, once it is known and is to be kept.</summary>
    public byte[]? Answer { get; set; }

    /// <summary>Whether its end is stored.</summary>
    public bool IsOver => _isOver;

    /// <inheritdoc />
    public void Begin(DbConnection connection)
    {
        _hasBegun = !_isOver && !_isCommitted;
        if (!_hasBegun)
        {
            return;
        }

        _row = WriteStore.Insert(connection, Facts, status: null);
        if (Key is var (key, content))
        {
            // Since somebody looked, another instance may have begun the same.
            if (!WriteStore.Take(connection, Facts.Person, key, content, Facts.AtUnixMilliseconds))
            {
                throw new KeyInUseException();
            }
        }
    }

    /// <inheritdoc />
    public void Committed() => _isCommitted |= _hasBegun;

    /// <summary>Stores how it ended, once.</summary>
    public async Task EndAsync(StoreWriter writer, int status)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        await writer.RunAsync(connection =>
        {
            if (_isCommitted)
            {
                WriteStore.End(connection, _row, status);
            }
            else
            {
                WriteStore.Insert(connection, Facts, status);
            }

            if (Answer is { } answer && Key is var (key, content))
            {
                WriteStore.Keep(connection, Facts.Person, key, content, answer, Facts.AtUnixMilliseconds);
            }
        });
    }
}

/// <summary>The same request is being carried out at another instance; nothing of this one was stored.</summary>
internal sealed class KeyInUseException() : Exception("a request with this key is being carried out at another instance");
