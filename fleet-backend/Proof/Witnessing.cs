using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Text;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Proof;

/// <summary>
/// Shows each new checkpoint to the outside witnesses, and keeps what they signed (C2SP tlog-witness, add-checkpoint). A witness signs one
/// course of the log only, so nobody can be shown another past than everybody else. Without witnesses it does nothing.
/// </summary>
internal sealed class Witnessing(Database database, StoreWriter writer, FleetSettings settings, TimeProvider clock, ILogger<Witnessing> logger) : BackgroundService
{
    private const int MostAnswerBytes = 16 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly (Uri Url, CosignatureKey Key)[] _witnesses =
        [.. settings.Witnesses.Select(witness => (new Uri(witness.Url.TrimEnd('/') + "/add-checkpoint"), CosignatureKey.Read(witness.Key)!))];

    private readonly ConcurrentDictionary<string, WitnessView> _standing = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);

    /// <summary>How each witness stands.</summary>
    public IReadOnlyList<WitnessView> Standing => [.. _witnesses.Select(witness => _standing.GetValueOrDefault(witness.Key.Name, new WitnessView(witness.Key.Name, 0, null, null)))];

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_witnesses.Length > 0)
        {
            using var http = new HttpClient { Timeout = Limit, MaxResponseContentBufferSize = MostAnswerBytes };
            await Rounds.GoAsync(TimeSpan.FromSeconds(settings.SecondsBetweenWitnessings), stopping => AskAsync(http, stopping), logger, "Asking the witnesses failed; they are asked again", stoppingToken);
        }
    }

    /// <summary>Shows the last checkpoint to every witness that has not signed it; whether any signed.</summary>
    internal async Task<bool> AskAsync(HttpClient http, CancellationToken cancellationToken)
    {
        string? note;
        string? cosigned;
        using (DbConnection connection = database.OpenReader())
        {
            LogHead head = LogStore.Head(connection);
            (note, cosigned) = (head.Checkpoint, head.Cosigned);
        }

        if (note is null || Checkpoint.Read(note) is not { } checkpoint || (cosigned is not null && Checkpoint.Read(cosigned)!.Size == checkpoint.Size && CountIn(cosigned, checkpoint) == _witnesses.Length))
        {
            return false;
        }

        var signatures = new StringBuilder();
        foreach ((Uri url, CosignatureKey key) in _witnesses)
        {
            WitnessView before = _standing.GetValueOrDefault(key.Name, new WitnessView(key.Name, 0, null, null));
            try
            {
                string line = await CosignAsync(http, url, key, checkpoint, note, cancellationToken);
                signatures.Append(line).Append('\n');
                _standing[key.Name] = new WitnessView(key.Name, checkpoint.Size, clock.GetUtcNow().ToUnixTimeSeconds(), null);
            }
            catch (Exception problem) when (problem is HttpRequestException or InvalidDataException || (problem is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                _standing[key.Name] = before with { Problem = problem.Message };
                logger.LogWarning("Witness {Name} did not sign {Size} entries: {Problem}", key.Name, checkpoint.Size, problem.Message);
            }
        }

        if (signatures.Length == 0)
        {
            return false;
        }

        await writer.RunAsync(connection => LogStore.SaveCosigned(connection, note + signatures));
        return true;
    }

    private int CountIn(string note, Checkpoint checkpoint) => _witnesses.Count(witness => witness.Key.SignatureIn(note, checkpoint.Text) is not null);

    private async Task<string> CosignAsync(HttpClient http, Uri url, CosignatureKey key, Checkpoint checkpoint, string note, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            using var content = new StringContent(Request(_sizes.GetValueOrDefault(key.Name), checkpoint, note), Encoding.UTF8, "text/plain");
            using HttpResponseMessage answer = await http.PostAsync(url, content, cancellationToken);
            string text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                string line = key.SignatureIn(text, checkpoint.Text) ?? throw new InvalidDataException("its answer holds no signature of its key over this checkpoint");
                _sizes[key.Name] = checkpoint.Size;
                return line;
            }

            // It tells what it signed last: at the first meeting, or when its answer was lost.
            bool tellsSize = answer.StatusCode == HttpStatusCode.Conflict && long.TryParse(text.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out long size) && size <= checkpoint.Size;
            if (!tellsSize || attempt > 0)
            {
                throw new InvalidDataException(answer.StatusCode == HttpStatusCode.Conflict && !tellsSize
                    ? $"it signed a longer log of this name before ({text.Trim()} entries, this one has {checkpoint.Size}): was an older copy of the database brought back?"
                    : $"it answered {(int)answer.StatusCode} {answer.ReasonPhrase}");
            }

            _sizes[key.Name] = long.Parse(text.TrimEnd('\n'), CultureInfo.InvariantCulture);
        }
    }

    private string Request(long oldSize, Checkpoint checkpoint, string note)
    {
        using DbConnection connection = database.OpenReader();
        IEnumerable<string> proof = oldSize == 0 || oldSize == checkpoint.Size
            ? []
            : ProofLog.TreeOn(connection).Consistency(oldSize, checkpoint.Size).Select(hash => Convert.ToBase64String(hash) + "\n");
        return $"old {oldSize}\n{string.Concat(proof)}\n{note}";
    }
}

/// <summary>How a witness stands: how many entries it signed for last and when, and what went wrong since, or null.</summary>
internal sealed record WitnessView(string Name, long Size, long? SignedUnixSeconds, string? Problem);
