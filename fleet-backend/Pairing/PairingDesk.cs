using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Pairing;

/// <summary>
/// claim (label) + position (phone) + presence (node) = pairing.
/// Somebody shows a claim and says where the node stands; while their page asks how it goes, the node is challenged as soon as it is there;
/// its light says so, the page says how many times to press; the node's signed answer pairs. Two people at one node cancel each other. Nothing of
/// it is stored before the answer, so nothing is reserved: who goes away leaves the label as it was.
/// </summary>
internal sealed class PairingDesk(Database database, StoreWriter writer, NodeDirectory nodes, NodePresence presence, INodeLink link, PairingSettings settings, TimeProvider clock, ILogger<PairingDesk> logger) : IPairAnswers
{
    // A page asks every 3 seconds; who did not ask for so long is gone.
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(20);

    // As long as a result can be read after it is known.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);

    /// <summary>Somebody began at a node, at this instance.</summary>
    public Action<Attempt>? Started { get; set; }

    /// <summary>A node's answer to what this instance did not ask: another one may have.</summary>
    public Action<RegisteredNode, byte[]>? Unasked { get; set; }

    /// <summary>Begins, or says how it stands with the label; of one that is no node's nothing, whether the node is there or not.</summary>
    public async Task<Begun> BeginAsync(Caller by, string nodeText, string claimText, Site site)
    {
        Tidy();
        (LabelRow? label, ClaimableRow? row) = Find(nodeText, claimText);
        if (label is null)
        {
            return new Begun(null, null);
        }

        if (row is null || nodes.Find(row.NodeId) is not { } node)
        {
            return new Begun(label.StandingFor(by.Name), null);
        }

        var attempt = new Attempt(node, row, by.Name, site) { SeenAt = Environment.TickCount64 };
        Attempt? crossed = null;
        Attempt kept = _attempts.AddOrUpdate(row.NodeId, attempt, (_, other) =>
        {
            // Sent twice, as where its answer was lost: what the node was asked stands.
            if (other.By == by.Name && IsLive(other) && other.Site == site && other.Claimable.Hash.AsSpan().SequenceEqual(row.Hash))
            {
                other.SeenAt = Environment.TickCount64;
                return other;
            }

            if (other.By == by.Name || !IsLive(other))
            {
                return attempt;
            }

            // Neither gets it: whoever really stands there begins again when the other is gone.
            crossed = other;
            other.State = PairState.Crossed;
            attempt.State = PairState.Crossed;
            return attempt;
        });
        if (crossed is not null)
        {
            await WithdrawAsync(crossed);
        }

        if (kept.State != PairState.Crossed)
        {
            Started?.Invoke(kept);
            await ChallengeAsync(kept);
        }

        return new Begun(kept.State, kept);
    }

    /// <summary>Asks a node anew with another number, for who pressed wrong; false where nothing is asked.</summary>
    public async Task<bool> AskAnewAsync(Caller by, string nodeText, string claimText)
    {
        if (await LookAsync(by, nodeText) is not { State: PairState.Challenged } attempt || !IsOf(attempt, claimText))
        {
            return false;
        }

        lock (attempt)
        {
            attempt.ChallengeEndsAt = 0;
        }

        await ChallengeAsync(attempt);
        return true;
    }

    /// <summary>How somebody's attempt at a node goes; null where they have none. Asking keeps it alive.</summary>
    public async Task<Attempt?> LookAsync(Caller by, string nodeText)
    {
        if (NodeId.Parse(nodeText)?.ToString() is not { } id || !_attempts.TryGetValue(id, out Attempt? attempt) || attempt.By != by.Name)
        {
            return null;
        }

        attempt.SeenAt = Environment.TickCount64;
        if (attempt.State is PairState.Waiting or PairState.Challenged)
        {
            await ChallengeAsync(attempt);
        }

        return attempt;
    }

    /// <summary>Somebody began at a node at another instance: whether somebody else is there at this one, so that neither gets it.</summary>
    public bool Cross(string nodeText, string by)
    {
        if (!_attempts.TryGetValue(nodeText, out Attempt? attempt) || attempt.By == by || !IsLive(attempt))
        {
            return false;
        }

        attempt.State = PairState.Crossed;
        _ = LoggedAsync(WithdrawAsync(attempt), attempt.Node);
        return true;
    }

    /// <summary>What somebody began here crossed somebody at another instance.</summary>
    public void Crossed(string nodeText, string by)
    {
        if (_attempts.TryGetValue(nodeText, out Attempt? attempt) && attempt.By == by && IsLive(attempt))
        {
            attempt.State = PairState.Crossed;
            _ = LoggedAsync(WithdrawAsync(attempt), attempt.Node);
        }
    }

    /// <summary>Takes an answer that a node gave at another instance.</summary>
    public void TakeHandedOn(RegisteredNode node, byte[] bytes)
    {
        if (_attempts.ContainsKey(node.IdText))
        {
            _ = LoggedAsync(TakeHereAsync(node, bytes), node);
        }
    }

    /// <inheritdoc />
    public async Task<bool> TakeAsync(RegisteredNode node, byte[] bytes)
    {
        bool isTaken = await TakeHereAsync(node, bytes);
        if (!isTaken && bytes.Length <= PairAnswer.MaxBytes)
        {
            Unasked?.Invoke(node, bytes);
        }

        return isTaken;
    }

    private async Task<bool> TakeHereAsync(RegisteredNode node, byte[] bytes)
    {
        SignedMessage? message = SignedMessage.Decode(bytes, PairAnswer.MaxBytes, out _);
        PairAnswer? answer = message is null ? null : PairAnswer.Decode(message.Message, message.PayloadOffset, message.PayloadLength, out _);
        if (answer is null || !message!.Node.Equals(node.Id) || !answer.Node.Equals(node.Id) || !IsSigned(node, message)
            || !_attempts.TryGetValue(node.IdText, out Attempt? attempt))
        {
            return false;
        }

        bool fits;
        lock (attempt)
        {
            fits = attempt.State == PairState.Challenged && IsLive(attempt) && Environment.TickCount64 < attempt.ChallengeEndsAt
                && attempt.Session.AsSpan().SequenceEqual(answer.Session)
                && CryptographicOperations.FixedTimeEquals(attempt.Nonce, answer.Nonce) && answer.Claim.AsSpan().SequenceEqual(attempt.Claimable.Hash) && answer.Presses == attempt.Presses;
        }

        if (!fits)
        {
            return false;
        }

        attempt.State = await writer.RunAsync(connection => Pair(connection, attempt)) ? PairState.Paired : PairState.Lost;
        if (attempt.State == PairState.Paired)
        {
            logger.LogInformation("Node {Node} is paired by {Operator}.", node.IdText, attempt.By);
            await link.SendAsync(node, Topics.PairChallenge, header => attempt.Message(header, PairChallenge.Granted, settings.ChallengeSeconds), CancellationToken.None);
        }

        return true;
    }

    /// <summary>Whether an attempt is by this label.</summary>
    public bool IsOf(Attempt attempt, string claimText) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Claim.Parse(claimText)?.ToBytes() ?? new byte[Claim.Size]), attempt.Claimable.Hash);

    private async Task LoggedAsync(Task work, RegisteredNode node)
    {
        try
        {
            await work;
        }
        catch (Exception problem)
        {
            logger.LogError(problem, "What another instance said of the pairing of node {Node} could not be done; whoever pairs it presses again.", node.IdText);
        }
    }

    private async Task WithdrawAsync(Attempt attempt)
    {
        if (attempt.Presses > 0)
        {
            await link.SendAsync(attempt.Node, Topics.PairChallenge, header => attempt.Message(header, PairChallenge.Withdrawn, settings.ChallengeSeconds, PairWithdrawal.TwoAtOnce), CancellationToken.None);
        }
    }

    // The same work whether node and claim are there or not: nobody learns from the time which nodes exist.
    private (LabelRow? Label, ClaimableRow? Claimable) Find(string nodeText, string claimText)
    {
        string id = NodeId.Parse(nodeText)?.ToString() ?? "";
        byte[] hash = SHA256.HashData(Claim.Parse(claimText)?.ToBytes() ?? new byte[Claim.Size]);
        using DbConnection connection = database.OpenReader();
        LabelRow? proven = null;
        foreach (LabelRow label in PairingStore.Labels(connection, id))
        {
            proven = CryptographicOperations.FixedTimeEquals(hash, label.Hash) ? label : proven;
        }

        ClaimableRow? row = PairingStore.Find(connection, id);
        return (proven, row is not null && CryptographicOperations.FixedTimeEquals(hash, row.Hash) ? row : null);
    }

    private async Task ChallengeAsync(Attempt attempt)
    {
        int seconds;
        lock (attempt)
        {
            NodeStanding? standing = presence.Find(attempt.Node.IdText);
            long now = Environment.TickCount64;
            bool isAsked = attempt.State == PairState.Challenged && now < attempt.ChallengeEndsAt;
            if (standing is not { IsOnline: true })
            {
                attempt.State = isAsked ? PairState.Challenged : PairState.Waiting;
                return;
            }

            // A node that logged in anew is asked the same again: it may have lost the challenge, and has to answer in its present session.
            bool isInOtherSession = standing.LastStatus is { } status && !attempt.Session.AsSpan().SequenceEqual(status.Session);
            if (isAsked && !isInOtherSession)
            {
                return;
            }

            if (!isAsked)
            {
                attempt.Nonce = RandomNumberGenerator.GetBytes(PairChallenge.NonceSize);
                attempt.Presses = RandomNumberGenerator.GetInt32(PairChallenge.PressesMin, PairChallenge.PressesMax + 1);
                attempt.ChallengeEndsAt = now + (settings.ChallengeSeconds * 1000L);
                attempt.Rounds++;
            }

            seconds = (int)Math.Max(1, (attempt.ChallengeEndsAt - now) / 1000);
            attempt.State = PairState.Challenged;
        }

        bool isSent = await link.SendAsync(
            attempt.Node, Topics.PairChallenge,
            header =>
            {
                // Somebody else came while this waited for its turn to be sent.
                attempt.Session = header.Session;
                return attempt.State == PairState.Crossed
                    ? attempt.Message(header, PairChallenge.Withdrawn, seconds, PairWithdrawal.TwoAtOnce)
                    : attempt.Message(header, PairChallenge.Challenge, seconds);
            },
            CancellationToken.None);
        if (!isSent && attempt.State == PairState.Challenged)
        {
            attempt.State = PairState.Waiting;
        }
    }

    private bool Pair(DbConnection connection, Attempt attempt)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (PairingStore.Find(connection, attempt.Node.IdText) is null || !PairingStore.Use(connection, attempt.Claimable.Node, attempt.Claimable.Hash, now))
        {
            return false;
        }

        long from = now / 1000;
        PairingStore.Insert(connection, attempt.Claimable.Node, attempt.By, attempt.Claimable.Payer, attempt.Site, from);
        if (AgreementStore.Find(connection, attempt.Claimable.Node) is null)
        {
            AgreementStore.Insert(connection, attempt.Claimable.Node, settings.FirstAgreement, 0, now, attempt.By);
        }

        // Where it stands is personal: the log of proofs gets who and when.
        EventStore.Record(connection, now, "pairing", attempt.Claimable.Node, attempt.By, new { @operator = attempt.By, capitalBuilder = attempt.Claimable.Payer, fromUnixSeconds = from, attempt.Presses });
        return true;
    }

    private static bool IsSigned(RegisteredNode node, SignedMessage message)
    {
        using var key = ECDsa.Create(CompressedPoint.Decompress(node.PublicKey)!.Value);
        byte[] signed = SignedMessage.ToBeSigned(SignedMessage.PairContext, message.Message, message.PayloadOffset, message.PayloadLength);
        return key.VerifyData(signed, message.CopySignature(), HashAlgorithmName.SHA256);
    }

    private static bool IsLive(Attempt attempt)
    {
        long age = Environment.TickCount64 - attempt.SeenAt;
        return attempt.State is PairState.Waiting or PairState.Challenged && age < Gone.TotalMilliseconds;
    }

    // Forgets what nobody looks at any more.
    private void Tidy()
    {
        foreach ((string id, Attempt attempt) in _attempts)
        {
            if (Environment.TickCount64 - attempt.SeenAt > Kept.TotalMilliseconds)
            {
                _attempts.TryRemove(KeyValuePair.Create(id, attempt));
            }
        }
    }
}
