using System.Buffers;
using DePin.Fleet.Gateway;
using DePin.Tests.Support;
using DePin.Tools.Fuzz;

namespace DePin.Tests.Gateway;

public sealed class PacketFuzzTests
{
    [Fact]
    public void A_hundred_thousand_hostile_packets_neither_throw_nor_take_memory()
    {
        var mutator = new Mutator(PacketFuzz.Packets(Checkout.Vectors), seed: 1, 40 * 1024);
        int whole = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] input = mutator.Next();
            long before = GC.GetAllocatedBytesForCurrentThread();
            var buffer = new ReadOnlySequence<byte>(input);
            while (MqttPacket.TryRead(ref buffer, 17 * 1024, out byte head, out ReadOnlySequence<byte> body) == PacketStatus.Whole)
            {
                whole++;
                Read(head, body.IsEmpty ? [] : body.ToArray());
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 256 * 1024, Convert.ToHexStringLower(input));
        }

        Assert.True(whole > 10_000, "mutations that never make a whole packet test only the first check");
    }

    private static void Read(byte head, byte[] bytes)
    {
        ReadOnlySpan<byte> body = bytes;
        MqttPacket.TryReadConnect(body, out _);
        MqttPacket.TryReadPublish(head, body, out _);
        while (MqttPacket.TryReadPacketId(ref body, out _) && MqttPacket.TryReadFilter(ref body, out _, out _))
        {
        }
    }
}
