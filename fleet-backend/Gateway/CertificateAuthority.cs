using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DePin.Fleet.Gateway;

/// <summary>
/// The fleet's own certificate authority: made once at first start, its key under the data folder, its certificate in ca.pem for
/// the nodes. P-256, and valid since 1970, since a node without a clock believes it is 1970 and must be able to connect.
/// </summary>
public sealed class CertificateAuthority
{
    private static readonly DateTimeOffset NotBefore = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset NotAfter = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate)
    {
        _certificate = certificate;
    }

    /// <summary>Reads the authority of a data folder, or makes it there.</summary>
    /// <exception cref="InvalidDataException">The key is missing or one of the two files is damaged; a new authority would lock every node out.</exception>
    public static CertificateAuthority Open(string dataFolder)
    {
        string certificatePath = Path.Combine(dataFolder, "ca.pem");
        string keyPath = Path.Combine(dataFolder, "keys", "ca.key");
        try
        {
            if (!File.Exists(certificatePath))
            {
                // A key without its certificate is a first start that broke off, or a lost file: nodes trust a new one of the same key.
                Make(certificatePath, keyPath);
            }

            return new CertificateAuthority(X509Certificate2.CreateFromPemFile(certificatePath, keyPath));
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or ArgumentException)
        {
            throw new InvalidDataException(
                $"The certificate authority in {certificatePath} and {keyPath} cannot be read ({problem.Message}). Restore both from a backup: the nodes trust no other.", problem);
        }
    }

    /// <summary>A fresh server certificate for this start, with the authority's in its chain.</summary>
    public X509Certificate2 IssueServerCertificate(IEnumerable<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=DePin fleet gateway", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names.Concat(["localhost", "127.0.0.1", "::1", Environment.MachineName]).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        using X509Certificate2 issued = request.Create(_certificate, NotBefore, NotAfter, SerialNumber());
        return issued.CopyWithPrivateKey(key);
    }

    private static void Make(string certificatePath, string keyPath)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        bool isNew = !File.Exists(keyPath);
        if (!isNew)
        {
            key.ImportFromPem(File.ReadAllText(keyPath));
        }

        var request = new CertificateRequest("CN=DePin fleet authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), NotBefore, NotAfter, SerialNumber());
        if (isNew)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(keyPath)!);
            WriteWhole(keyPath, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        WriteWhole(certificatePath, certificate.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void WriteWhole(string path, string text, UnixFileMode mode)
    {
        string temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var stream = new FileStream(temporary, options))
        using (var writer = new StreamWriter(stream))
        {
            writer.WriteLine(text);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static byte[] SerialNumber()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 1);
        return serial;
    }
}
