using DePin.Contracts.Cbor;

namespace DePin.Tests.Contracts;

/// <summary>The examples of RFC 8949, appendix A, that our formats can hold.</summary>
public sealed class CborTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(10, "0a")]
    [InlineData(23, "17")]
    [InlineData(24, "1818")]
    [InlineData(100, "1864")]
    [InlineData(1000, "1903e8")]
    [InlineData(1_000_000, "1a000f4240")]
    [InlineData(1_000_000_000_000, "1b000000e8d4a51000")]
    [InlineData(-1, "20")]
    [InlineData(-10, "29")]
    [InlineData(-100, "3863")]
    [InlineData(-1000, "3903e7")]
    public void An_integer_has_its_shortest_form(long value, string hex)
    {
        var writer = new CborWriter(0);
        writer.WriteInt(value);
        Assert.Equal(hex, Convert.ToHexStringLower(writer.ToArray()));
        var reader = new CborReader(writer.ToArray(), 0, writer.Length);
        Assert.Equal(value, reader.ReadInt(long.MinValue, long.MaxValue));
        Assert.True(reader.Finish());
    }

    [Theory]
    [InlineData("1817", DecodeError.NotShortest)]
    [InlineData("190017", DecodeError.NotShortest)]
    [InlineData("1a0000ffff", DecodeError.NotShortest)]
    [InlineData("1b00000000ffffffff", DecodeError.NotShortest)]
    [InlineData("1bffffffffffffffff", DecodeError.OutOfRange)]
    [InlineData("1c", DecodeError.NotAllowed)]
    [InlineData("f97e00", DecodeError.NotAllowed)]
    [InlineData("f6", DecodeError.NotAllowed)]
    [InlineData("20", DecodeError.WrongType)]
    [InlineData("19ff", DecodeError.Truncated)]
    [InlineData("", DecodeError.Truncated)]
    [InlineData("0000", DecodeError.TrailingBytes)]
    public void Anything_else_is_refused_by_name(string hex, DecodeError expected)
    {
        byte[] bytes = Convert.FromHexString(hex);
        var reader = new CborReader(bytes, 0, bytes.Length);
        reader.ReadUInt(0, long.MaxValue);
        reader.Finish();
        Assert.Equal(expected, reader.Error);
    }

    [Fact]
    public void A_length_is_checked_before_anything_is_allocated_by_it()
    {
        byte[] bytes = Convert.FromHexString("5a7fffffff00");
        var reader = new CborReader(bytes, 0, bytes.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        reader.ReadBytes(0, int.MaxValue);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
        Assert.Equal(DecodeError.Truncated, reader.Error);
    }

    [Fact]
    public void The_first_error_stays_and_later_reads_answer_zero()
    {
        var reader = new CborReader([0x61, 0x00], 0, 2);
        Assert.Equal(0, reader.ReadUInt(0, 10));
        Assert.Equal(0, reader.ReadArray(0, 10));
        Assert.Equal(DecodeError.WrongType, reader.Error);
    }
}
