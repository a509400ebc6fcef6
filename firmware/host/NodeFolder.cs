using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DePin.Contracts.Identity;
using DePin.Host.Platform;
using DePin.Host.Simulation;

namespace DePin.Host;

/// <summary>What a virtual node keeps between two runs: its key and secret, made at the first start, and its hardware's state.</summary>
internal sealed class NodeFolder
{
    private readonly string _path;

    public NodeFolder(string path, long seed, (byte[] PrivateKey, byte[] Secret)? given)
    {
        _path = path;
        Directory.CreateDirectory(path);
        if (given is { } key)
        {
            // The node keeps both on its own flash.
            Signer = PlatformSigner.FromPrivateKey(key.PrivateKey);
            Secret = key.Secret;
            return;
        }

        string keyFile = Path.Combine(path, "key.p8");
        if (!File.Exists(keyFile))
        {
            using PlatformSigner made = PlatformSigner.FromSeed(Derived("key", seed));
            made.Save(keyFile);
        }

        Signer = PlatformSigner.Load(keyFile);
        Secret = ReadSecret(Path.Combine(path, "secret"), seed);
    }

    public PlatformSigner Signer { get; }

    public byte[] Secret { get; }

    public string FlashFolder => Path.Combine(_path, "flash");

    public string SlotsFolder => Path.Combine(_path, "slots");

    private string DeviceFile => Path.Combine(_path, "device.json");

    public KeptDevice? ReadDevice()
    {
        if (!File.Exists(DeviceFile))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<KeptDevice>(File.ReadAllText(DeviceFile));
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{DeviceFile} cannot be read ({problem.Message}); remove it to start with a battery of the seed's.", problem);
        }
    }

    public void WriteDevice(KeptDevice device)
    {
        string beside = DeviceFile + ".new";
        File.WriteAllText(beside, JsonSerializer.Serialize(device));
        File.Move(beside, DeviceFile, overwrite: true);
    }

    private static byte[] ReadSecret(string path, long seed)
    {
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Hex.Lower(Derived("secret", seed)));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        string text = File.ReadAllText(path).Trim();
        return text.Length == 2 * NodeSecret.Size && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new InvalidDataException($"{path} holds no secret of {2 * NodeSecret.Size} hex digits; remove the node's folder to begin anew.");
    }

    private static byte[] Derived(string purpose, long seed) => SHA256.HashData(Encoding.ASCII.GetBytes($"virtual node {purpose} {seed}"));
}
