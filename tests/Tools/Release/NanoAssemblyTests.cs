using DePin.Tools.Release;

namespace DePin.Tests.Tools.Release;

/// <summary>What a .pe for boards says of itself.</summary>
public sealed class NanoAssemblyTests
{
    [Fact]
    public void Name_and_version_stand_in_the_header()
    {
        NanoAssembly read = Assert.IsType<NanoAssembly>(NanoAssembly.Read(NanoFile.Make("DePin.Node.B42"), out string problem));
        Assert.Empty(problem);
        Assert.Equal(new NanoAssembly("DePin.Node.B42", new Version(1, 4, 7, 0)), read);
    }

    [Fact]
    public void The_checksum_is_the_known_one_of_nine_digits() =>
        // CRC-32 with 04C11DB7, begun with 0, neither mirrored nor inverted: the check value of CRC-32/CKSUM, 765E7680, before its inversion.
        Assert.Equal(0x765E7680u ^ 0xFFFFFFFFu, NanoAssembly.Crc("123456789"u8));

    [Fact]
    public void No_byte_can_be_changed_unnoticed()
    {
        byte[] good = NanoFile.Make("DePin.Node.B42", codeBytes: 40);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 0x10;
            Assert.True(NanoAssembly.Read(changed, out string problem) is null && problem.Length > 0, $"byte {i}");
        }
    }

    [Fact]
    public void No_byte_can_be_missing_or_too_many()
    {
        byte[] good = NanoFile.Make("DePin.Node.B42", codeBytes: 40);
        Assert.All(Enumerable.Range(0, good.Length), length => Assert.Null(NanoAssembly.Read(good[..length], out _)));
        Assert.Null(NanoAssembly.Read([.. good, 0], out string problem));
        Assert.Contains("its header says", problem);
    }

    [Fact]
    public void Format_2_which_the_boards_do_not_load_is_refused_by_its_name()
    {
        Assert.Null(NanoAssembly.Read(NanoFile.Make("DePin.Node.B42", marker: "NFMRK2"), out string problem));
        Assert.Contains("format 1", problem);
    }

    [Fact]
    public void A_name_outside_the_strings_is_refused()
    {
        byte[] file = NanoFile.Make("DePin.Node.B42");
        BitConverter.GetBytes((ushort)0xFFF0).CopyTo(file, 36);
        Assert.Null(NanoAssembly.Read(NanoFile.Checked(file), out string problem));
        Assert.Contains("strings", problem);
    }
}
