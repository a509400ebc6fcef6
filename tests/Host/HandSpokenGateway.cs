using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DePin.Tests.Host;

/// <summary>A server on a free port of loopback to which a test speaks bytes by hand.</summary>
internal sealed class HandSpokenGateway : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;

    private HandSpokenGateway(X509Certificate2? certificate)
    {
        _certificate = certificate;
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static HandSpokenGateway Plain() => new(null);

    /// <summary>With a certificate for the address or name given, from a new authority whose PEM is written to the file.</summary>
    public static HandSpokenGateway Tls(string authorityFile, string name)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(authorityFile, authority.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test gateway", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3]);
        return new HandSpokenGateway(certificate.CopyWithPrivateKey(key));
    }

    public async Task<Stream> AcceptAsync()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var plain = new NetworkStream(await _listener.AcceptSocketAsync(cancellation), ownsSocket: true);
        if (_certificate is null)
        {
            return plain;
        }

        var secure = new SslStream(plain);
        await secure.AuthenticateAsServerAsync(_certificate, clientCertificateRequired: false, SslProtocols.None, checkCertificateRevocation: false);
        return secure;
    }

    /// <summary>Accepts, takes CONNECT and answers with a return code.</summary>
    public async Task<Stream> LogInAsync(byte returnCode = 0)
    {
        Stream stream = await AcceptAsync();
        Assert.Equal(0x10, (await ReadPacketAsync(stream))[0]);
        await stream.WriteAsync(new byte[] { 0x20, 2, 0, returnCode }, TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>One whole packet of up to 127 bytes after its length, or an empty array at the end.</summary>
    public static async Task<byte[]> ReadPacketAsync(Stream stream)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        byte[] header = new byte[2];
        if (await stream.ReadAtLeastAsync(header, 2, throwOnEndOfStream: false, cancellation) < 2)
        {
            return [];
        }

        Assert.InRange(header[1], 0, 127);
        byte[] body = new byte[header[1]];
        await stream.ReadExactlyAsync(body, cancellation);
        return [.. header, .. body];
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate?.Dispose();
    }
}
