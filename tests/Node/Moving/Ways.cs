using System.Text;
using DePin.Contracts.Flashing;
using DePin.Node.Moving;
using DePin.Node.Outbox;
using DePin.Node.Pairing;

namespace DePin.Tests.Node.Moving;

/// <summary>Settings of a node that was flashed for one village, and of another one that it moves to.</summary>
internal static class Ways
{
    public const string FlashedHost = "first.example";

    public static NodeSettings Flashed() => new()
    {
        NetworkNames = [Encoding.UTF8.GetBytes("market"), Encoding.UTF8.GetBytes("école & co")],
        NetworkKeys = [Encoding.UTF8.GetBytes("a secret key"), []],
        Host = FlashedHost,
        Port = 8883,
        Anchors = [[1, 2, 3]],
        Profile = 1,
        ReleaseKeys = [[.. Enumerable.Repeat((byte)2, 33)]],
    };

    public static NodeSettings Other(string host = "second.example") => new()
    {
        NetworkNames = [Encoding.UTF8.GetBytes("clinic")],
        NetworkKeys = [Encoding.UTF8.GetBytes("another key")],
        Host = host,
        Port = 443,
        Anchors = [[4, 5], [6]],
    };

    public static T Flash<T>(T flash)
        where T : IFlash
    {
        flash.Write(SettingsFile.FileName, Flashed().Encode());
        return flash;
    }

    public static string? HostOn(IFlash flash) => Whereabouts.Load(flash).Settings?.Host;
}
