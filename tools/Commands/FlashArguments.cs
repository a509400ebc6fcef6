using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Host;
using DePin.Tools.Flash;

namespace DePin.Tools.Commands;

/// <summary>The options of depin flash that say what goes on a board, each checked before any board is touched.</summary>
internal static class FlashArguments
{
    public static readonly Option<string> ProfileName = new("--profile") { Description = "Hardware profile", HelpName = "NAME", DefaultValueFactory = _ => "lamp-small" };
    public static readonly Option<string[]> Wifi = new("--wifi") { Description = "A network that the board shall use, up to 3 times; SSID: alone for an open one", HelpName = "SSID:PASSWORD" };
    public static readonly Option<string?> WifiFile = CommonOptions.ExistingFile("--wifi-file", "The same in a file, one network a line, so that no password stands on a command line");
    public static readonly Option<string?> Gateway = new("--gateway") { Description = "Where the node sends its readings, TLS", HelpName = "HOST:PORT" };
    public static readonly Option<string[]> Anchors = new("--trust-anchor") { Description = "PEM of the authority that the node trusts, up to 2 times", HelpName = "FILE" };
    public static readonly Option<string?> ReleaseKeys = CommonOptions.ExistingFile("--release-keys", "Compressed keys (66 hex digits a line) that may sign releases");
    public static readonly Option<string?> RootKeys = CommonOptions.ExistingFile("--root-keys", "Compressed keys that may change those");

    public static IEnumerable<Option> All => [ProfileName, Wifi, WifiFile, Gateway, Anchors, ReleaseKeys, RootKeys];

    /// <summary>The profile of this name.</summary>
    public static Profile ProfileOf(ParseResult parsed)
    {
        try
        {
            return Profile.Named(parsed.GetValue(ProfileName)!);
        }
        catch (ArgumentException problem)
        {
            throw CommandException.WrongInput(problem.Message.Split(" (Parameter", StringSplitOptions.None)[0]);
        }
    }

    /// <summary>The part that says where a node belongs.</summary>
    public static NodeSettings WayOf(ParseResult parsed)
    {
        string gateway = parsed.GetValue(Gateway) ?? throw CommandException.WrongInput("Name the gateway that the node sends to: --gateway HOST:PORT.");
        int colon = gateway.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(gateway[(colon + 1)..], out int port))
        {
            throw CommandException.WrongInput($"--gateway takes HOST:PORT, not '{gateway}'.");
        }

        (byte[] Name, byte[] Key)[] networks = [.. Networks(parsed)];
        return new NodeSettings
        {
            NetworkNames = [.. networks.Select(network => network.Name)],
            NetworkKeys = [.. networks.Select(network => network.Key)],
            Host = gateway[..colon],
            Port = port,
            Anchors = [.. AnchorsOf(parsed)],
        };
    }

    /// <summary>The settings, or one sentence about what is wrong with them.</summary>
    public static NodeSettings SettingsOf(ParseResult parsed, Profile profile)
    {
        NodeSettings settings = WayOf(parsed);
        settings.Profile = profile.Number;
        settings.ReleaseKeys = Keys(parsed.GetValue(ReleaseKeys));
        settings.RootKeys = Keys(parsed.GetValue(RootKeys));
        byte[] bytes = settings.Encode();
        return NodeSettings.Decode(bytes, 0, bytes.Length, out DecodeError error)
            ?? throw CommandException.WrongInput($"These settings are more than a board takes ({error}): up to 3 networks with names of 1 to 32 and keys of up to 64 bytes, a gateway of up to 128 characters and port 1 to 65535, 1 or 2 trust anchors of up to 1024 bytes, 8 release and 4 root keys.");
    }

    private static IEnumerable<(byte[] Name, byte[] Key)> Networks(ParseResult parsed)
    {
        IEnumerable<string> inFile = parsed.GetValue(WifiFile) is { } file ? File.ReadAllLines(file).Where(line => line.Length > 0) : [];
        foreach (string network in (parsed.GetValue(Wifi) ?? []).Concat(inFile))
        {
            // A key may hold colons, a name may not: it would have to be written otherwise.
            int colon = network.IndexOf(':', StringComparison.Ordinal);
            yield return colon > 0
                ? (Encoding.UTF8.GetBytes(network[..colon]), Encoding.UTF8.GetBytes(network[(colon + 1)..]))
                : throw CommandException.WrongInput("--wifi takes SSID:PASSWORD, or SSID: for an open network.");
        }
    }

    private static IEnumerable<byte[]> AnchorsOf(ParseResult parsed)
    {
        string[] files = parsed.GetValue(Anchors) ?? [];
        if (files.Length == 0)
        {
            throw CommandException.WrongInput("Name the authority that the node trusts: --trust-anchor ca.pem (the backend's data folder has it).");
        }

        foreach (string file in files)
        {
            X509Certificate2 certificate;
            try
            {
                certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            }
            catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw CommandException.WrongInput($"--trust-anchor: {file} holds no certificate ({problem.Message.TrimEnd('.')}).");
            }

            yield return certificate.RawData;
        }
    }

    private static byte[][] Keys(string? file)
    {
        try
        {
            return file is null ? [] : [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).Select(Convert.FromHexString)];
        }
        catch (FormatException)
        {
            throw CommandException.WrongInput($"{file} takes one compressed key of 66 hex digits a line.");
        }
    }
}
