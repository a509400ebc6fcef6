#pragma warning disable IDE0161 // C# 9, as everything that a bundle is made of.
using DePin.Contracts.Signing;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Host.Bundles
{
    /// <summary>The node core's ports on a virtual board.</summary>
    internal sealed class BoardPorts : IClock, ISensors, ISigner, IDigest, IUplink, IEntropy, IButton
    {
        private readonly IVirtualBoard _board;
        private readonly long[] _values = new long[11];

        public BoardPorts(IVirtualBoard board)
        {
            _board = board;
        }

        public long UptimeMilliseconds { get { return _board.UptimeMilliseconds; } }

        public long LinkMilliseconds { get { return _board.LinkMilliseconds; } }

        public long UnixSeconds { get { return _board.UnixSeconds; } }

        public byte[] PublicKey { get { return _board.PublicKey; } }

        public int State { get { return _board.LinkState; } }

        public int Presses { get { return _board.Presses; } }

        public void Sample(Sample sample)
        {
            _board.Sample(_values);
            sample.HarvestedMicrowatts = (int)_values[0];
            sample.DeliveredMicrowatts = (int)_values[1];
            sample.ImportedMicrowatts = (int)_values[2];
            sample.BatteryPermille = (int)_values[3];
            sample.BatteryMillivolts = (int)_values[4];
            sample.Celsius = (int)_values[5];
            sample.Flags = (int)_values[6];
            sample.HasService = _values[7] != 0;
            sample.Sessions = _values[8];
            sample.KibDown = _values[9];
            sample.KibUp = _values[10];
        }

        public void Start(byte[] toBeSigned)
        {
            _board.StartSignature(toBeSigned);
        }

        public bool Step()
        {
            return _board.StepSignature();
        }

        public byte[] Signature()
        {
            return _board.Signature();
        }

        public byte[] Sha256(byte[] data, int offset, int count)
        {
            return _board.Sha256(data, offset, count);
        }

        public byte[] HmacSha256(byte[] key, byte[] data)
        {
            return _board.HmacSha256(key, data);
        }

        public void Fill(byte[] bytes)
        {
            _board.Fill(bytes);
        }

        public void Connect(string nodeId, string password, string willTopic, byte[] will)
        {
            _board.Connect(nodeId, password, willTopic, will);
        }

        public void Subscribe(string topic)
        {
            _board.Subscribe(topic);
        }

        public bool Publish(string topic, byte[] payload, int qos)
        {
            return _board.Publish(topic, payload, qos);
        }

        public Downlinked? Receive()
        {
            return _board.Receive(out string topic, out byte[] payload) ? new Downlinked(topic, payload) : null;
        }

        public void Close()
        {
            _board.Close();
        }
    }

    /// <summary>One of the board's two folders.</summary>
    internal sealed class BoardFlash : IFlash
    {
        private readonly IVirtualBoard _board;
        private readonly bool _isSlots;

        public BoardFlash(IVirtualBoard board, bool isSlots)
        {
            _board = board;
            _isSlots = isSlots;
        }

        public byte[]? Read(string name)
        {
            return _board.ReadFile(_isSlots, name);
        }

        public void Write(string name, byte[] content)
        {
            _board.WriteFile(_isSlots, name, content);
        }

        public void Delete(string name)
        {
            _board.DeleteFile(_isSlots, name);
        }

        public string[] List()
        {
            return _board.ListFiles(_isSlots);
        }
    }
}
