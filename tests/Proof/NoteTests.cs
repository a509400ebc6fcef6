using DePin.Fleet.Proof;
using DePin.Tools.Proof;

namespace DePin.Tests.Proof;

/// <summary>Signed notes and checkpoints, against the examples of C2SP signed-note.md and tlog-checkpoint.md.</summary>
public sealed class NoteTests
{
    private const string Key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string Signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
    private const string Note = $"This is an example message.\n\n\u2014 example.com/foo {Signature}\n";

    [Fact]
    public void The_published_note_is_signed_by_the_published_key() => Assert.Equal("This is an example message.\n", VerifierKey.Read(Key)!.Open(Note));

    [Theory]
    [InlineData("example message", "exemple message")]
    [InlineData("message.", "message. ")]
    [InlineData("Uw2QOkn8", "Uw2QOkn9")]
    [InlineData("Uw2QOkn8", "Vw2QOkn8")]
    [InlineData("example.com/foo Uw", "example.com/bar Uw")]
    [InlineData("\n\n", "\n")]
    public void A_note_in_which_anything_is_changed_is_not(string text, string otherwise) =>
        Assert.Null(VerifierKey.Read(Key)!.Open(Note.Replace(text, otherwise, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("example.com/foo")]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    public void A_key_whose_parts_do_not_belong_together_is_no_key(string key) => Assert.Null(VerifierKey.Read(key));

    [Fact]
    public void Signatures_of_others_beside_ours_are_left_alone()
    {
        string more = Note.Replace("\n\n", "\n\n\u2014 witness.example AAAAAAAA\n", StringComparison.Ordinal);
        Assert.NotNull(VerifierKey.Read(Key)!.Open(more));
    }

    [Fact]
    public void A_checkpoint_has_the_published_form()
    {
        const string Published = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        Checkpoint checkpoint = Checkpoint.Read(Published + "\n\u2014 example.com/behind-the-sofa AAAA\n")!;
        Assert.Equal(("example.com/behind-the-sofa", 20_852_163), (checkpoint.Origin, checkpoint.Size));
        Assert.Equal(Published, checkpoint.Text);
    }

    [Fact]
    public void What_we_sign_the_other_side_opens()
    {
        var signer = new NoteSigner("depin.local/log", [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        string note = signer.Sign("depin.local/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
        Assert.Equal("depin.local/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", VerifierKey.Read(signer.VerifierKey)!.Open(note));
    }

    [Theory]
    [InlineData("067", 67, 256)]
    [InlineData("x001/x234/067", 1_234_067, 256)]
    [InlineData("000.p/1", 0, 1)]
    [InlineData("x001/002.p/255", 1002, 255)]
    public void Tile_paths_are_read_as_published(string path, long index, int width) => Assert.Equal(new TilePath(index, width), TilePath.Read(path));

    [Theory]
    [InlineData("67")]
    [InlineData("0067")]
    [InlineData("001/067")]
    [InlineData("x000/067")]
    [InlineData("067.p/256")]
    [InlineData("067.p/0")]
    [InlineData("067.p/01")]
    [InlineData("x067")]
    [InlineData("-67")]
    [InlineData("")]
    public void Other_paths_name_nothing(string path) => Assert.Null(TilePath.Read(path));
}
