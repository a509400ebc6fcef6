using DePin.Contracts.Metering;
using DePin.Host.Platform;
using DePin.Node;
using DePin.Node.Moving;
using DePin.Node.Outbox;
using DePin.Tests.Node.Fakes;
using NodeCore = DePin.Node.Node;

namespace DePin.Tests.Node;

/// <summary>A node between fakes, on a clock that the test moves. It starts with network time and a backend that answers.</summary>
internal sealed class NodeRig : IDisposable
{
    /// <summary>The true time when the first boot began.</summary>
    public const long StartUnixSeconds = 1_790_000_000;

    private static readonly DeviceDigest Digest = new();
    private readonly int _outboxBytes;
    private int _boots;

    public NodeRig(int outboxBytes = Limits.OutboxBytes, int entropySeed = 0)
        : this(new MemoryFlash(), StartUnixSeconds, backend: null, outboxBytes, entropySeed)
    {
    }

    private NodeRig(MemoryFlash flash, long trueUnixSeconds, FakeBackend? backend, int outboxBytes, int entropySeed)
    {
        _boots = entropySeed;
        _outboxBytes = outboxBytes;
        Flash = flash;
        TrueUnixSeconds = trueUnixSeconds;
        Identity = new NodeIdentity(Digest, Signer.PublicKey, new byte[32]);
        Backend = backend ?? new FakeBackend(Identity, Signer.PublicKey);
        Link = new FakeLink(Backend);
        Sensors = new FakeSensors(Clock);
        Core = Boot();
    }

    public FakeClock Clock { get; } = new();

    public FakeSensors Sensors { get; }

    public FakeButton Button { get; } = new();

    public SlowSigner Signer { get; } = new();

    public MemoryFlash Flash { get; }

    public NodeIdentity Identity { get; }

    public FakeBackend Backend { get; }

    public FakeLink Link { get; }

    public NodeCore Core { get; private set; }

    /// <summary>The time it really is.</summary>
    public long TrueUnixSeconds { get; set; }

    /// <summary>Whether SNTP is reached.</summary>
    public bool HasNetworkTime { get; set; } = true;

    /// <summary>How far SNTP is ahead of the truth.</summary>
    public long NetworkTimeLiesSeconds { get; set; }

    /// <summary>Passes time, a tick at every so many seconds.</summary>
    public void Run(long seconds, int secondsPerTick = 1)
    {
        for (long passed = 0; passed < seconds; passed += secondsPerTick)
        {
            Clock.UptimeMilliseconds += 1000 * secondsPerTick;
            Clock.LinkMilliseconds += 1000 * secondsPerTick;
            TrueUnixSeconds += secondsPerTick;
            Clock.UnixSeconds = HasNetworkTime ? TrueUnixSeconds + NetworkTimeLiesSeconds : 0;
            Backend.UnixSeconds = TrueUnixSeconds;
            Core.Tick(Clock);
        }
    }

    /// <summary>Passes time until the power is cut, where a cut is set; answers whether it was.</summary>
    public bool RunsIntoCut(long seconds)
    {
        try
        {
            Run(seconds);
            return false;
        }
        catch (PowerCutException)
        {
            return true;
        }
    }

    /// <summary>Passes link time alone, with the meter at rest: after a stop, or to see what a waiting node does.</summary>
    public void Drain(int seconds = 600)
    {
        for (int i = 0; i < seconds && Core.OutboxBatches > 0; i++)
        {
            Clock.LinkMilliseconds += 1000;
            Core.Tick(Clock);
        }
    }

    /// <summary>The power went and came back some seconds later.</summary>
    public void Restart(int offSeconds = 10)
    {
        Link.Close();
        TrueUnixSeconds += offSeconds;
        Clock.UptimeMilliseconds = 0;
        Clock.UnixSeconds = 0;
        Core = Boot();
    }

    /// <summary>A second node with the same key and a copy of everything on flash, at the same backend.</summary>
    public NodeRig Copy() => new(Flash.Clone(), TrueUnixSeconds, Backend, _outboxBytes, _boots);

    /// <summary>Takes one batch out of its segment, as if the flash had lost it.</summary>
    public void LoseBatch(long sequence)
    {
        string name = Flash.Names.Last(name => SegmentName.KeyOf(name) >= 0 && SegmentName.KeyOf(name) <= sequence);
        var segment = new Segment(SegmentName.KeyOf(name), Flash.Read(name)!);
        int index = segment.Lowest(sequence);
        Assert.Equal(sequence, segment.Sequence(index));
        byte[] left = segment.Without(index, index + 1);
        Flash.Lose(name);
        if (left.Length > 0)
        {
            Flash.Write(name, left);
        }
    }

    /// <summary>Stops, drains, and checks that the backend has all of it.</summary>
    public void Finish()
    {
        Core.Stop(Clock);
        Drain();
        Assert.Equal(0, Core.OutboxBatches);
        Assert.Equal(Core.Sequence, Backend.Next);
        Assert.True(Core.Counters.IsSameAs(Backend.Closing), "the backend's counters are the node's");
    }

    /// <summary>Checks that no sequence number was ever signed twice with different content.</summary>
    public void AssertNoSequenceSignedTwice()
    {
        var payloads = new Dictionary<long, string>();
        foreach (Batch batch in SignedBatches())
        {
            string hex = Convert.ToHexString(batch.Encode());
            for (long sequence = batch.Sequence; sequence < batch.NextSequence; sequence++)
            {
                Assert.Equal(hex, payloads.GetValueOrDefault(sequence, hex));
                payloads[sequence] = hex;
            }
        }
    }

    public void Dispose()
    {
        Signer.Dispose();
        Backend.Dispose();
    }

    // What was signed is Sig_structure [ "Signature1", protected, context, payload ]; the payload is its tail.
    private IEnumerable<Batch> SignedBatches()
    {
        foreach (byte[] signed in Signer.Signed)
        {
            int head = 1 + 11 + 4 + 14;
            int width = signed[head] switch { >= 0x40 and < 0x58 => 1, 0x58 => 2, _ => 3 };
            if (signed.AsSpan(17, 13).SequenceEqual("depin/1/batch"u8))
            {
                yield return Batch.Decode(signed, head + width, signed.Length - head - width, out _)!;
            }
        }
    }

    private NodeCore Boot() => new(Identity, 1, [1, 2, 3, 4, 5, 6, 7, 8], Sensors, Signer, Digest, Flash, Link, new SeededBytes(++_boots), _outboxBytes, Button, Whereabouts.Load(Flash));
}
