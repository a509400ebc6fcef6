using System.Text;
using DePin.Contracts.Flashing;
using DePin.Node.Esp32;
using nanoFramework.Networking;

namespace DePin.Tests.Esp32;

/// <summary>The radio, round by round. There is one on a board, and so one here: these tests run after each other.</summary>
public sealed class WifiStationTests
{
    private readonly List<string> _tried = [];
    private readonly WifiStation _station = new(new NodeSettings
    {
        NetworkNames = [.. new[] { "home", "school", "clinic" }.Select(Encoding.UTF8.GetBytes)],
        NetworkKeys = [[], "key"u8.ToArray(), []],
    });

    [Fact]
    public void Networks_are_tried_in_turn_until_one_answers_and_again_at_once_when_it_is_lost()
    {
        Answer("school");
        Assert.Equal(15_000, _station.GoRound());
        Assert.False(_station.IsConnected);
        Assert.Equal("network 1 does not answer", _station.Problem);
        Assert.Equal(1000, _station.GoRound());
        Assert.Empty(_station.Problem);
        Assert.True(_station.IsConnected);
        Assert.Equal(1000, _station.GoRound());
        Assert.Equal(["home", "school"], _tried);
        WifiNetworkHelper.Status = NetworkHelperStatus.None;
        Assert.Equal(1000, _station.GoRound());
        Assert.Equal(["home", "school", "school"], _tried);
        WifiNetworkHelper.Status = NetworkHelperStatus.None;
        Answer("home");
        for (int i = 0; i < 3; i++)
        {
            _station.GoRound();
        }

        Assert.True(_station.IsConnected);
        Assert.Equal(["school", "clinic", "home"], _tried[^3..]);
    }

    [Fact]
    public void An_attempt_that_throws_is_one_that_failed()
    {
        WifiNetworkHelper.Answers = name => throw new InvalidOperationException("the adapter is busy");
        Assert.Equal(15_000, _station.GoRound());
        Assert.False(_station.IsConnected);
        Answer("school");
        _station.GoRound();
        Assert.True(_station.IsConnected);
    }

    [Fact]
    public void A_radio_that_is_not_wanted_tries_nothing_and_comes_back_when_it_is()
    {
        Answer("home");
        _station.GoRound();
        _station.Want(false);
        Assert.False(_station.IsConnected);
        Assert.Equal(NetworkHelperStatus.None, WifiNetworkHelper.Status);
        _station.GoRound();
        Assert.Single(_tried);
        _station.Want(true);
        _station.GoRound();
        Assert.True(_station.IsConnected);
    }

    private void Answer(string answering) => WifiNetworkHelper.Answers = name =>
    {
        _tried.Add(name);
        return name == answering;
    };
}
