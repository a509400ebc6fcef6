using System.Text;
using DePin.Node.Esp32;

namespace DePin.Tests.Esp32;

public sealed class DeviceSettingsTests
{
    private const string Good = "host=fleet.example\nport=8884\nca=-----BEGIN-----\\nAB==\\n-----END-----\\n\nwifi1=home = sweet\nkey1=secret\nwifi2=open\n";

    [Fact]
    public void Settings_name_gateway_authority_and_networks()
    {
        DeviceSettings settings = Parse(Good, out string problem)!;
        Assert.Equal("", problem);
        Assert.Equal(("fleet.example", 8884, 2), (settings.Host, settings.Port, settings.NetworkCount));
        Assert.Equal("-----BEGIN-----\nAB==\n-----END-----\n", settings.Authority);
        Assert.Equal(("home = sweet", "secret", "open", ""), (settings.NetworkName(0), settings.NetworkKey(0), settings.NetworkName(1), settings.NetworkKey(1)));
    }

    [Theory]
    [InlineData("", "there are no settings")]
    [InlineData("host=a\nnonsense\n", "line 2")]
    [InlineData("host=\n", "line 1")]
    [InlineData("host=a\nport=0\n", "line 2")]
    [InlineData("host=a\nport=99999\n", "line 2")]
    [InlineData("host=a\nport=12x\n", "line 2")]
    [InlineData("host=a\nwifi2=b\n", "line 2")]
    [InlineData("host=a\nwifi9=b\n", "line 2")]
    [InlineData("host=a\nunknown1=b\n", "line 2")]
    [InlineData("ca=x\nwifi1=b\n", "name no host")]
    [InlineData("host=a\nwifi1=b\n", "have no ca")]
    [InlineData("host=a\nca=x\n", "name no wifi1")]
    public void What_is_wrong_is_said_in_a_sentence(string text, string expected)
    {
        Assert.Null(Parse(text, out string problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_8_KB_are_refused()
    {
        Assert.Null(Parse("host=" + new string('a', 9000), out string problem));
        Assert.Contains("8 KB", problem, StringComparison.Ordinal);
    }

    private static DeviceSettings? Parse(string text, out string problem) => DeviceSettings.Parse(Encoding.UTF8.GetBytes(text), out problem);
}
