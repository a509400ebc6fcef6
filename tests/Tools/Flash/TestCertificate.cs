using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DePin.Tests.Tools.Flash;

/// <summary>A certificate that nobody uses.</summary>
internal static class TestCertificate
{
    public static string Pem { get; } = Make();

    private static string Make()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem();
    }
}
