using System.Text;
using DePin.Contracts.Flashing;

namespace DePin.Tests.Contracts;

/// <summary>Messages on a wire that also carries logs, noise, and lines that were cut off.</summary>
public sealed class FlashLineTests
{
    private static readonly byte[] Message = [0x83, 1, 4, 7];
    private static readonly byte[] Line = FlashLine.Encode(Message);

    [Fact]
    public void A_message_between_log_lines_is_found() => Assert.Equal([Message], Read("boot ok\r\nWi-Fi: 3 networks\n", Line, "DEPIN1 is not ours\n"));

    [Fact]
    public void A_message_behind_a_log_line_that_has_no_end_is_found() => Assert.Equal([Message], Read("rst:0x1 (POWERON_RESET) DEPIN1 ", Line));

    [Fact]
    public void A_line_that_was_cut_off_hides_nothing_behind_it() => Assert.Equal([Message, Message], Read(Line.AsSpan(0, 12).ToArray(), Line, Line.AsSpan(0, 9).ToArray(), "\n", Line));

    [Fact]
    public void A_flood_without_line_ends_is_forgotten_and_the_message_behind_it_is_found() =>
        Assert.Equal([Message], Read(new string('x', 3 * FlashLine.MaxBytes + 5), Line));

    [Fact]
    public void The_longest_message_fits_and_one_byte_more_is_refused()
    {
        byte[] longest = [.. Enumerable.Range(0, FlashLine.MaxMessageBytes).Select(i => (byte)(i * 7))];
        byte[] line = FlashLine.Encode(longest);
        Assert.InRange(line.Length, FlashLine.MaxBytes - 4, FlashLine.MaxBytes);
        Assert.Equal([longest], Read("noise ", line));
        Assert.Throws<ArgumentException>(() => FlashLine.Encode([.. longest, 0]));
    }

    [Fact]
    public void No_bit_can_be_flipped_unnoticed()
    {
        for (int bit = 0; bit < (Line.Length - 1) * 8; bit++)
        {
            byte[] bent = [.. Line];
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(Read(bent, "\n").TrueForAll(message => message.AsSpan().SequenceEqual(Message)) && Read(bent, "\n").Count == 0, $"bit {bit}");
            Assert.Equal([Message], Read(bent, "\n", Line));
        }
    }

    [Fact]
    public void Base64_is_the_platforms_and_only_in_one_form()
    {
        for (int length = 1; length < 70; length++)
        {
            byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 37 + length))];
            string text = Convert.ToBase64String(data);
            Assert.Equal(text, Encoding.ASCII.GetString(Base64.Encode(data)));
            Assert.Equal(data, Base64.Decode(Encoding.ASCII.GetBytes(text), 0, text.Length));
        }

        Assert.All(["QQ=", "QR==", "Q===", "====", "QQ==QQ==", "QUJ=", "QQ\n=", "QUI-"], text => Assert.Null(Base64.Decode(Encoding.ASCII.GetBytes(text), 0, text.Length)));
    }

    private static List<byte[]> Read(params object[] parts)
    {
        var reader = new FlashLineReader();
        var messages = new List<byte[]>();
        foreach (byte next in parts.SelectMany(part => part as byte[] ?? Encoding.ASCII.GetBytes((string)part)))
        {
            if (reader.Take(next) is { } message)
            {
                messages.Add(message);
            }
        }

        return messages;
    }
}
