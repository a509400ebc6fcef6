using DePin.Contracts.Signing;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Host.Bundles;

/// <summary>What a virtual board consists of; the owner keeps the parts, a start gets them anew.</summary>
internal sealed record VirtualBoardParts(
    IDigest Digest, ISigner Signer, ISensors Sensors, IFlash Flash, IFlash Slots, IUplink Uplink, IEntropy Entropy, IButton Button, SimulatedNodeClock Clock);

/// <summary>
/// The virtual board during one start. When it is reset, every further call throws: a program that hung and goes on after all
/// cannot disturb the one that runs now.
/// </summary>
internal sealed class VirtualBoard(VirtualBoardParts parts, VirtualNodeOptions options, byte[] secret, byte[] firmware) : IVirtualBoard
{
    private readonly Sample _sample = new();
    private volatile bool _isReset;

    /// <summary>Whether the node asked for a restart.</summary>
    public bool WantsRestart { get; private set; }

    public byte[] PublicKey => parts.Signer.PublicKey;

    public byte[] Secret => secret;

    public int Profile => options.Profile.Number;

    public byte[] Firmware => firmware;

    // Half a percent of the panel, as the profiles have it.
    public int DuskMicrowatts => options.Profile.PanelMilliwatts * 5;

    public string Product => VirtualNode.Product;

    public int Loader => Node.Update.Starter.Version;

    public bool HasRoomForBundles => options.HasRoomForBundles;

    public byte[][] ReleaseKeys => options.ReleaseKeys;

    public byte[][] RootKeys => options.RootKeys;

    public long UptimeMilliseconds => On().Clock.UptimeMilliseconds;

    public long LinkMilliseconds => On().Clock.LinkMilliseconds;

    public long UnixSeconds => On().Clock.UnixSeconds;

    public int Presses => On().Button.Presses;

    public int LinkState => On().Uplink.State;

    /// <summary>The board is off or starts anew.</summary>
    public void Reset() => _isReset = true;

    /// <summary>The parts, unless the board was reset.</summary>
    /// <exception cref="BoardResetException">It was.</exception>
    public VirtualBoardParts On() => _isReset ? throw new BoardResetException() : parts;

    public void Sample(long[] values)
    {
        On().Sensors.Sample(_sample);
        values[0] = _sample.HarvestedMicrowatts;
        values[1] = _sample.DeliveredMicrowatts;
        values[2] = _sample.ImportedMicrowatts;
        values[3] = _sample.BatteryPermille;
        values[4] = _sample.BatteryMillivolts;
        values[5] = _sample.Celsius;
        values[6] = _sample.Flags;
        values[7] = _sample.HasService ? 1 : 0;
        values[8] = _sample.Sessions;
        values[9] = _sample.KibDown;
        values[10] = _sample.KibUp;
    }

    public void Fill(byte[] bytes) => On().Entropy.Fill(bytes);

    public byte[] Sha256(byte[] data, int offset, int count) => On().Digest.Sha256(data, offset, count);

    public byte[] HmacSha256(byte[] key, byte[] data) => On().Digest.HmacSha256(key, data);

    public void StartSignature(byte[] toBeSigned) => On().Signer.Start(toBeSigned);

    public bool StepSignature() => On().Signer.Step();

    public byte[] Signature() => On().Signer.Signature();

    public byte[]? ReadFile(bool isSlots, string name) => Drive(isSlots).Read(name);

    public void WriteFile(bool isSlots, string name, byte[] content) => Drive(isSlots).Write(name, content);

    public void DeleteFile(bool isSlots, string name) => Drive(isSlots).Delete(name);

    public string[] ListFiles(bool isSlots) => Drive(isSlots).List();

    public void Connect(string nodeId, string password, string willTopic, byte[] will) => On().Uplink.Connect(nodeId, password, willTopic, will);

    public void Subscribe(string topic) => On().Uplink.Subscribe(topic);

    public bool Publish(string topic, byte[] payload, int qos) => On().Uplink.Publish(topic, payload, qos);

    public bool Receive(out string topic, out byte[] payload)
    {
        Downlinked? message = On().Uplink.Receive();
        topic = message?.Topic ?? "";
        payload = message?.Payload ?? [];
        return message is not null;
    }

    public void Close() => On().Uplink.Close();

    public void Restart() => WantsRestart = true;

    private IFlash Drive(bool isSlots) => isSlots ? On().Slots : On().Flash;
}

/// <summary>A program ran on after its board had been reset; nobody but the thread that is given up sees it.</summary>
public sealed class BoardResetException : Exception
{
    /// <summary>Says so.</summary>
    public BoardResetException()
        : base("the board was reset")
    {
    }

    /// <summary>Says something else.</summary>
    public BoardResetException(string message)
        : base(message)
    {
    }

    /// <summary>Says something else, and what it came from.</summary>
    public BoardResetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
