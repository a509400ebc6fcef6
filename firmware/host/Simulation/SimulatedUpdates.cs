using System.Collections.Immutable;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;

namespace DePin.Host.Simulation;

/// <summary>
/// The backend's half of updates for one simulated node: signs releases with two simulated keys, offers the newest after every
/// status, answers requests for blocks and hears reports. What it does wrong on the way, a test chooses. It can be copied.
/// </summary>
internal sealed class SimulatedUpdates
{
    private const int Roots = 3;
    private static readonly PlatformDigest Digest = new();
    private static readonly PlatformSigner[] Keys = [.. Enumerable.Range(0, 3).Select(i => PlatformSigner.FromSeed([81, (byte)i]))];
    private static readonly PlatformSigner[] RootSigners = [.. Enumerable.Range(0, Roots).Select(i => PlatformSigner.FromSeed([82, (byte)i]))];
    private byte[] _bundle = [];
    private byte[] _signed = [];
    private byte[] _hash = new byte[32];
    private long _attempt;

    /// <summary>Keys that sign releases.</summary>
    public static byte[][] ReleaseKeys { get; } = [.. Keys.Select(key => key.PublicKey)];

    /// <summary>Keys that change them.</summary>
    public static byte[][] RootKeys { get; } = [.. RootSigners.Select(key => key.PublicKey)];

    /// <summary>What the node reported, each report once, in the order of their counters.</summary>
    public ImmutableList<UpdateReport> Reports { get; private set; } = [];

    /// <summary>Requests for blocks so far.</summary>
    public int Requests { get; private set; }

    /// <summary>Blocks sent so far.</summary>
    public int Blocks { get; private set; }

    /// <summary>What becomes of the blocks that answer a request: as they are unless a test bends them.</summary>
    public Func<BlockRequest, IReadOnlyList<UpdateBlock>, IEnumerable<UpdateBlock>> Bends { get; set; } = (_, blocks) => blocks;

    /// <summary>Whether reports are heard.</summary>
    public bool Hears { get; set; } = true;

    /// <summary>Sends notices; the owner seals them. Set by the owner.</summary>
    public Action<Func<DownHeader, UpdateNotice>> Notify { get; set; } = _ => { };

    /// <summary>Sends a block. Set by the owner.</summary>
    public Action<byte[]> Send { get; set; } = _ => { };

    /// <summary>The signed release that is offered.</summary>
    public byte[] Signed => _signed;

    /// <summary>Hash of the release that is offered.</summary>
    public byte[] Release => _hash;

    /// <summary>The last report of the release that is offered, or null.</summary>
    public UpdateReport? Last => Reports.LastOrDefault(report => report.Release.AsSpan().SequenceEqual(_hash) && report.Attempt == _attempt);

    /// <summary>Whether the node's word on the offer is its last.</summary>
    public bool IsOver => Last?.State is UpdateState.Rejected or UpdateState.Confirmed or UpdateState.WentBack;

    /// <summary>The same without its connections.</summary>
    public SimulatedUpdates Copy() => new() { _bundle = _bundle, _signed = _signed, _hash = _hash, _attempt = _attempt, Reports = Reports, Hears = Hears };

    /// <summary>Offers a bundle from the next status on.</summary>
    /// <param name="bundle">The bytes that are sent.</param>
    /// <param name="build">Its build; the assembly's name follows from it.</param>
    /// <param name="change">Bends the manifest before it is signed.</param>
    /// <param name="isOffered">Whether it is offered at once.</param>
    public void Publish(byte[] bundle, long build, Action<ReleaseManifest>? change = null, bool isOffered = true)
    {
        var manifest = new ReleaseManifest
        {
            Release = $"r{build}",
            Build = build,
            Product = VirtualNode.Product,
            Profiles = [1],
            LoaderMin = 1,
            BundleBytes = bundle.Length,
            BundleSha256 = SHA256.HashData(bundle),
            Assembly = $"node.r{build}",
            ExpiresUnixSeconds = 4_000_000_000,
        };
        change?.Invoke(manifest);
        _bundle = bundle;
        byte[] encoded = manifest.Encode();
        _signed = Sign(ReleaseManifest.Context, encoded, [Keys[0], Keys[2]]);
        _hash = SHA256.HashData(encoded);
        _attempt = 1;
        if (isOffered)
        {
            Offer();
        }
    }

    /// <summary>Offers a bundle as a thief of one key could: the second signature is made with the first one's key.</summary>
    public void PublishForged(byte[] bundle, long build)
    {
        Publish(bundle, build, null, isOffered: false);
        _signed = Forged(_signed, ReleaseManifest.Context, Keys[0]);
        Offer();
    }

    /// <summary>The same with a set of keys.</summary>
    public byte[] RotateForged(long version, byte[][] keys)
    {
        byte[] payload = new KeyRotation(version, keys).Encode();
        byte[] signed = Forged(Sign(KeyRotation.Context, payload, RootSigners[..2]), KeyRotation.Context, RootSigners[0]);
        Notify(header => UpdateNotice.ForKeys(header, signed));
        return SHA256.HashData(payload);
    }

    /// <summary>Offers the same release once more.</summary>
    public void Again()
    {
        _attempt++;
        Offer();
    }

    /// <summary>Offers it now.</summary>
    public void Offer()
    {
        if (_signed.Length > 0)
        {
            Notify(header => UpdateNotice.ForOffer(header, _attempt, _signed));
        }
    }

    /// <summary>Takes the offer back.</summary>
    public void Withdraw(UpdateWithdrawal reason) => Notify(header => UpdateNotice.ForWithdraw(header, _attempt, _hash, reason));

    /// <summary>Sends the node away.</summary>
    public void Busy(int seconds) => Notify(header => UpdateNotice.ForBusy(header, _attempt, _hash, seconds));

    /// <summary>Sends a set of release keys, signed by some of the root keys; its hash.</summary>
    public byte[] Rotate(long version, byte[][] keys, params int[] signers)
    {
        byte[] payload = new KeyRotation(version, keys).Encode();
        byte[] signed = Sign(KeyRotation.Context, payload, [.. signers.Select(i => RootSigners[i])]);
        Notify(header => UpdateNotice.ForKeys(header, signed));
        return SHA256.HashData(payload);
    }

    /// <summary>The node logged in; it hears of the standing offer.</summary>
    public void LoggedIn()
    {
        if (!IsOver)
        {
            Offer();
        }
    }

    /// <summary>A message on up/update.</summary>
    /// <exception cref="InvalidDataException">It is not in the form.</exception>
    public void Take(byte[] message)
    {
        if (BlockRequest.IsRequest(message))
        {
            Answer(BlockRequest.Decode(message, out DecodeError error) ?? throw new InvalidDataException($"a request for blocks: {error}"));
            return;
        }

        SignedMessage signed = SignedMessage.Decode(message, UpdateLimits.SignedReportBytes, out DecodeError form) ?? throw new InvalidDataException($"a report: {form}");
        UpdateReport report = UpdateReport.Decode(message, signed.PayloadOffset, signed.PayloadLength, out form) ?? throw new InvalidDataException($"a report: {form}");
        if (Reports.Count == 0 || report.Counter > Reports[^1].Counter)
        {
            Reports = Reports.Add(report);
        }

        if (Hears)
        {
            Notify(header => UpdateNotice.ForHeard(header, report.Attempt, report.Release, report.Counter));
        }
    }

    private void Answer(BlockRequest request)
    {
        Requests++;
        if (!request.ReleaseId.AsSpan().SequenceEqual(SignedRelease.Id(_hash)))
        {
            return;
        }

        var blocks = new List<UpdateBlock>();
        for (int i = request.First; i < request.First + request.Count && i < UpdateLimits.BlocksOf(_bundle.Length); i++)
        {
            blocks.Add(new UpdateBlock(request.ReleaseId, i, _bundle[(i * UpdateLimits.BlockBytes)..][..UpdateLimits.BytesOfBlock(_bundle.Length, i)]));
        }

        foreach (UpdateBlock block in Bends(request, blocks))
        {
            Blocks++;
            Send(block.Encode());
        }
    }

    private static byte[] Forged(byte[] signed, string context, PlatformSigner only)
    {
        CountersignedMessage message = CountersignedMessage.Decode(signed, UpdateLimits.SignedReleaseBytes, out DecodeError _)!;
        byte[] toBeSigned = message.ToBeSigned(context);
        return CountersignedMessage.Encode(message.CopyPayload(), [message.CopyKeyId(0), message.CopyKeyId(1)], [Signature(only, toBeSigned), Signature(only, toBeSigned)]);
    }

    private static byte[] Sign(string context, byte[] payload, PlatformSigner[] signers)
    {
        byte[] toBeSigned = CountersignedMessage.ToBeSigned(context, payload, 0, payload.Length);
        return CountersignedMessage.Encode(payload, [.. signers.Select(key => CountersignedMessage.KeyId(Digest, key.PublicKey))], [.. signers.Select(key => Signature(key, toBeSigned))]);
    }

    private static byte[] Signature(PlatformSigner key, byte[] toBeSigned)
    {
        lock (key)
        {
            key.Start(toBeSigned);
            while (!key.Step())
            {
            }

            return key.Signature();
        }
    }
}
