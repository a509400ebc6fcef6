using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using DePin.Fleet.Storage;
using Npgsql;

namespace DePin.Fleet.Instances;

/// <summary>
/// The other instances over the same database, and what they tell each other: short lines over LISTEN and NOTIFY, which all hear in the same order.
/// Nothing is stored: whoever was away asks for everything when it is back. Where the database is SQLite there are no others.
/// </summary>
internal sealed class Peers(Database database, ILogger<Peers> log) : BackgroundService
{
    private const string Channel = "depin_peers", Beat = "beat", Hello = "hello", Bye = "bye";

    // The server takes less than 8,000 bytes at a time.
    private const int MostBytes = 7900;

    // Far more than a busy second has; beyond it everything is told anew.
    private const int MostLines = 50_000;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10), Heartbeat = TimeSpan.FromSeconds(1), Silence = TimeSpan.FromSeconds(10), AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _lines = System.Threading.Channels.Channel.CreateBounded<string>(new BoundedChannelOptions(MostLines) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, Action<string, string[]>> _handlers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _heardAt = new(StringComparer.Ordinal);
    private readonly PostgresDatabase? _postgres = database as PostgresDatabase;
    private int _lost;

    /// <summary>This instance's name, new at each start.</summary>
    public string Me { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Whether there may be others.</summary>
    public bool AreThere => _postgres is not null;

    /// <summary>Somebody asks for everything that this instance has to tell.</summary>
    public Action? Asked { get; set; }

    /// <summary>This instance can hear again, and may have missed something.</summary>
    public Action? Returned { get; set; }

    /// <summary>An instance ended, or was not heard for ten seconds.</summary>
    public Action<string>? Left { get; set; }

    /// <summary>Takes what others say under a word: who said it, and the words after it. Only while the backend is put together.</summary>
    public void On(string word, Action<string, string[]> handler) => _handlers.Add(word, handler);

    /// <summary>A word that is a whole number.</summary>
    public static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>Tells all instances; words hold no blanks. Does not wait, and does nothing where there are no others.</summary>
    public void Tell(params ReadOnlySpan<object> words)
    {
        if (!AreThere)
        {
            return;
        }

        var line = new StringBuilder();
        foreach (object word in words)
        {
            line.Append(line.Length == 0 ? "" : " ").Append(CultureInfo.InvariantCulture, $"{word}");
        }

        if (Encoding.UTF8.GetByteCount(line.ToString()) + Me.Length + 1 > MostBytes)
        {
            throw new ArgumentException($"{line.Length} letters are more than can be told at once", nameof(words));
        }

        if (!_lines.Writer.TryWrite(line.ToString()))
        {
            Interlocked.Exchange(ref _lost, 1);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_postgres is null)
        {
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await MeetAsync(_postgres, stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(problem, "The other instances cannot be heard; it is tried again");
                await Task.Delay(AfterFailure, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_postgres is not null)
        {
            try
            {
                // So that nobody has to wait for the silence.
                await using NpgsqlConnection connection = _postgres.OpenAlone();
                await SayAsync(connection, [Bye], cancellationToken);
            }
            catch (Exception problem) when (problem is NpgsqlException or OperationCanceledException)
            {
                log.LogInformation("The other instances were not told of the end: {Problem}", problem.Message);
            }
        }
    }

    private async Task MeetAsync(PostgresDatabase postgres, CancellationToken stoppingToken)
    {
        await using NpgsqlConnection listening = postgres.OpenAlone();
        await using NpgsqlConnection speaking = postgres.OpenAlone();
        listening.Notification += (_, notice) => Hear(notice.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", listening))
        {
            await listen.ExecuteNonQueryAsync(stoppingToken);
        }

        lock (_heardAt)
        {
            // Whoever is gone meanwhile is found out from now on.
            foreach (string peer in _heardAt.Keys.ToArray())
            {
                _heardAt[peer] = Environment.TickCount64;
            }
        }

        Guarded(() => Returned?.Invoke());
        Guarded(() => Asked?.Invoke());
        Tell(Hello);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task hearing = ListenAsync(listening, ending.Token), telling = SpeakAsync(speaking, ending.Token);
        Task first = await Task.WhenAny(hearing, telling);
        await ending.CancelAsync();
        await Task.WhenAll(hearing, telling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private static async Task ListenAsync(NpgsqlConnection connection, CancellationToken ending)
    {
        while (true)
        {
            await connection.WaitAsync(ending);
        }
    }

    private async Task SpeakAsync(NpgsqlConnection connection, CancellationToken ending)
    {
        long saidAt = 0;
        while (true)
        {
            using (var patience = CancellationTokenSource.CreateLinkedTokenSource(ending))
            {
                patience.CancelAfter(Heartbeat);
                try
                {
                    await _lines.Reader.WaitToReadAsync(patience.Token);
                    await Task.Delay(Gather, ending);
                }
                catch (OperationCanceledException) when (!ending.IsCancellationRequested)
                {
                    // Nothing to say for a second.
                }
            }

            MissSilent();
            if (Interlocked.Exchange(ref _lost, 0) == 1)
            {
                Guarded(() => Asked?.Invoke());
            }

            if (await SayWaitingAsync(connection, ending))
            {
                saidAt = Environment.TickCount64;
            }
            else if (Environment.TickCount64 - saidAt >= Heartbeat.TotalMilliseconds)
            {
                await SayAsync(connection, [Beat], ending);
                saidAt = Environment.TickCount64;
            }
        }
    }

    private async Task<bool> SayWaitingAsync(NpgsqlConnection connection, CancellationToken ending)
    {
        List<string> lines = [];
        int bytes = Me.Length;
        bool isAny = false;
        while (_lines.Reader.TryRead(out string? line))
        {
            isAny = true;
            int more = Encoding.UTF8.GetByteCount(line) + 1;
            if (bytes + more > MostBytes)
            {
                await SayAsync(connection, lines, ending);
                lines.Clear();
                bytes = Me.Length;
            }

            lines.Add(line);
            bytes += more;
        }

        if (lines.Count > 0)
        {
            await SayAsync(connection, lines, ending);
        }

        return isAny;
    }

    private async Task SayAsync(NpgsqlConnection connection, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_notify('{Channel}', $1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = string.Join('\n', lines.Prepend(Me)) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Hear(string payload)
    {
        string[] lines = payload.Split('\n');
        string from = lines[0];
        if (from == Me)
        {
            return;
        }

        foreach (string line in lines.AsSpan(1))
        {
            string[] words = line.Split(' ');
            Guarded(() => Take(from, words));
        }
    }

    private void Take(string from, string[] words)
    {
        lock (_heardAt)
        {
            if (words[0] == Bye)
            {
                _heardAt.Remove(from);
            }
            else
            {
                _heardAt[from] = Environment.TickCount64;
            }
        }

        switch (words[0])
        {
            case Hello:
                Asked?.Invoke();
                break;
            case Bye:
                Left?.Invoke(from);
                break;
            default:
                _handlers.GetValueOrDefault(words[0])?.Invoke(from, words[1..]);
                break;
        }
    }

    private void MissSilent()
    {
        string[] gone;
        lock (_heardAt)
        {
            long now = Environment.TickCount64;
            gone = [.. _heardAt.Where(peer => now - peer.Value > Silence.TotalMilliseconds).Select(peer => peer.Key)];
            Array.ForEach(gone, peer => _heardAt.Remove(peer));
        }

        foreach (string peer in gone)
        {
            log.LogWarning("Instance {Peer} was not heard for {Seconds} s; its nodes count as away.", peer, Silence.TotalSeconds);
            Guarded(() => Left?.Invoke(peer));
        }
    }

    // What one line breaks must not keep the others from being heard.
    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (Exception problem)
        {
            log.LogError(problem, "What another instance said could not be worked on");
        }
    }
}
