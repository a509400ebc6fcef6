using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DePin.Contracts.Identity;
using DePin.Host.Platform;

namespace DePin.Host;

/// <summary>What a virtual node keeps between two runs: its key and secret, made at the first start, and its battery's charge.</summary>
internal sealed class NodeFolder
{
    private readonly string _path;

    public NodeFolder(string path, long seed)
    {
        _path = path;
        Directory.CreateDirectory(path);
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

    private string ChargeFile => Path.Combine(_path, "charge");

    public double? ReadCharge()
    {
        if (!File.Exists(ChargeFile))
        {
            return null;
        }

        return double.TryParse(File.ReadAllText(ChargeFile), NumberStyles.Float, CultureInfo.InvariantCulture, out double charge) && charge >= 0
            ? charge
            : throw new InvalidDataException($"{ChargeFile} holds no charge in milliwatt-hours; remove it to start with a battery of the seed's.");
    }

    public void WriteCharge(double milliwattHours)
    {
        string beside = ChargeFile + ".new";
        File.WriteAllText(beside, milliwattHours.ToString("R", CultureInfo.InvariantCulture));
        File.Move(beside, ChargeFile, overwrite: true);
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
