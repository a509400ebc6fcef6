using System.Buffers;
using DePin.Fleet.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>The packet parser on its own.</summary>
public sealed class MqttPacketTests
{
    private const int MaxPacketBytes = 1000;

    [Theory]
    [InlineData("", PacketStatus.Incomplete)]
    [InlineData("C0", PacketStatus.Incomplete)]
    [InlineData("C000", PacketStatus.Whole)]
    [InlineData("C080", PacketStatus.Incomplete)]
    [InlineData("C0808080", PacketStatus.Incomplete)]
    [InlineData("C080808000", PacketStatus.Whole)]
    [InlineData("C080808080", PacketStatus.Malformed)]
    [InlineData("30E707", PacketStatus.Incomplete)]
    [InlineData("30E807", PacketStatus.Incomplete)]
    [InlineData("30E907", PacketStatus.TooLarge)]
    [InlineData("30FFFFFF7F", PacketStatus.TooLarge)]
    public void A_head_is_whole_incomplete_malformed_or_too_large(string hex, PacketStatus expected)
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString(hex));
        Assert.Equal(expected, MqttPacket.TryRead(ref buffer, MaxPacketBytes, out _, out _));
    }

    [Fact]
    public void Packets_are_read_one_after_the_other_wherever_the_buffer_is_split()
    {
        byte[] bytes = [.. Packet.PingReq, .. Packet.Subscribe("a/b"), .. Packet.Publish("a/b", [1, 2, 3]), .. Packet.Disconnect];
        for (int split = 0; split <= bytes.Length; split++)
        {
            ReadOnlySequence<byte> buffer = Split(bytes, split);
            var heads = new List<int>();
            while (MqttPacket.TryRead(ref buffer, MaxPacketBytes, out byte head, out _) == PacketStatus.Whole)
            {
                heads.Add(head >> 4);
            }

            Assert.Equal([12, 8, 3, 14], heads);
            Assert.True(buffer.IsEmpty);
        }
    }

    [Fact]
    public void A_connect_is_taken_apart()
    {
        using var node = new TestNode();
        byte[] packet = Packet.Connect(node, keepAliveSeconds: 300, willTopic: "w");
        Assert.True(MqttPacket.TryReadConnect(packet.AsSpan(2), out ConnectPacket connect));
        Assert.Equal((4, 300, true), (connect.Level, connect.KeepAliveSeconds, connect.HasWill));
        Assert.True(connect.ClientId.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(node.Id.ToString())));
        Assert.True(connect.Password.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(node.Password)));
        Assert.True(connect.WillTopic.SequenceEqual("w"u8) && connect.WillPayload.SequenceEqual("gone"u8));
    }

    [Fact]
    public void A_connect_cut_off_anywhere_is_malformed()
    {
        using var node = new TestNode();
        byte[] packet = Packet.Connect(node, willTopic: "w");
        for (int length = 0; length < packet.Length - 2; length++)
        {
            Assert.False(MqttPacket.TryReadConnect(packet.AsSpan(2, length), out _));
        }
    }

    [Theory]
    [InlineData(0xC3)]
    [InlineData(0x42)]
    [InlineData(0xCA)]
    [InlineData(0xE2)]
    [InlineData(0xDE)]
    public void A_connect_with_flags_that_contradict_each_other_is_malformed(byte flags)
    {
        byte[] body = [.. Packet.Text("MQTT"), 4, flags, 0, 0, .. Packet.Text("a"), .. Packet.Text("b"), .. Packet.Text("c"), .. Packet.Text("d"), .. Packet.Text("e")];
        Assert.False(MqttPacket.TryReadConnect(body, out _));
    }

    [Fact]
    public void Any_bytes_are_an_answer_and_never_an_exception()
    {
        var random = new Random(3118);
        byte[] bytes = new byte[64];
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            ReadOnlySpan<byte> body = bytes.AsSpan(0, random.Next(bytes.Length));
            MqttPacket.TryReadConnect(body, out _);
            MqttPacket.TryReadPublish(bytes[0], body, out _);
            MqttPacket.TryReadFilter(ref body, out _, out _);
            ReadOnlySequence<byte> buffer = Split(bytes, random.Next(bytes.Length));
            while (MqttPacket.TryRead(ref buffer, MaxPacketBytes, out _, out _) == PacketStatus.Whole)
            {
                Assert.True(buffer.Length < bytes.Length);
            }
        }
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, int at)
    {
        var last = new Segment(bytes.AsMemory(at), at);
        return new ReadOnlySequence<byte>(new Segment(bytes.AsMemory(0, at), 0, last), 0, last, bytes.Length - at);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex, Segment? next = null)
        {
            Memory = memory;
            RunningIndex = runningIndex;
            Next = next;
        }
    }
}
