using DePin.Host.Platform;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>The simulated flash keeps what was written.</summary>
public sealed class FileFlashTests
{
    [Fact]
    public void What_was_written_is_there_after_opening_again()
    {
        using var folder = new TemporaryFolder();
        var flash = new FileFlash(folder.Path, synchronises: true);
        Assert.Null(flash.Read("state"));
        flash.Write("state", [1, 2]);
        flash.Write("state", [3]);
        flash.Write("batch-7", []);
        var again = new FileFlash(folder.Path, synchronises: false);
        Assert.Equal([3], again.Read("state")!);
        Assert.Equal([], again.Read("batch-7")!);
        Assert.Equal(["batch-7", "state"], again.List().Order(StringComparer.Ordinal));
        again.Delete("state");
        again.Delete("state");
        Assert.Equal(["batch-7"], again.List());
    }

    [Fact]
    public void A_write_that_a_kill_cut_short_leaves_the_old_content()
    {
        using var folder = new TemporaryFolder();
        new FileFlash(folder.Path, synchronises: false).Write("state", [1]);
        File.WriteAllBytes(folder.File("~state"), [9, 9]);
        var again = new FileFlash(folder.Path, synchronises: false);
        Assert.Equal([1], again.Read("state")!);
        Assert.Equal(["state"], again.List());
        Assert.False(File.Exists(folder.File("~state")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../state")]
    [InlineData("State")]
    [InlineData("a-name-of-more-than-32-characters")]
    public void A_name_that_the_device_has_not_is_refused(string name)
    {
        using var folder = new TemporaryFolder();
        var flash = new FileFlash(folder.Path, synchronises: false);
        Assert.Throws<ArgumentException>(() => flash.Write(name, [1]));
    }
}
