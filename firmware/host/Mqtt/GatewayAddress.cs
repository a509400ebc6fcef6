using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DePin.Host.Mqtt;

/// <summary>Where the gateway listens, and whose certificate is believed there.</summary>
public sealed class GatewayAddress
{
    private readonly X509Certificate2[] _authorities;

    private GatewayAddress(string host, int port, params X509Certificate2[] authorities)
    {
        if (string.IsNullOrWhiteSpace(host) || port is < 1 or > 65_535)
        {
            throw new ArgumentException($"A gateway needs a host and a port between 1 and 65535; '{host}' port {port} is none.");
        }

        Host = host;
        Port = port;
        _authorities = authorities;
    }

    /// <summary>Name or IP address; over TLS it must stand in the gateway's certificate.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>Whether the connection is encrypted.</summary>
    public bool IsTls => _authorities.Length > 0;

    /// <summary>Unencrypted, which a gateway offers on loopback only.</summary>
    public static GatewayAddress Plain(string host, int port) => new(host, port);

    /// <summary>TLS 1.2 or 1.3; exactly the certificate authority of this PEM or DER file is trusted.</summary>
    /// <exception cref="InvalidDataException">The file is missing or holds no certificate.</exception>
    public static GatewayAddress Tls(string host, int port, string authorityFile)
    {
        try
        {
            return new GatewayAddress(host, port, X509CertificateLoader.LoadCertificateFromFile(authorityFile));
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The gateway's certificate authority {authorityFile} cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>The same with the authorities' certificates themselves (DER), at least one.</summary>
    /// <exception cref="InvalidDataException">One of them is no certificate.</exception>
    public static GatewayAddress Tls(string host, int port, IEnumerable<byte[]> authorities)
    {
        try
        {
            return new GatewayAddress(host, port, [.. authorities.Select(authority => X509CertificateLoader.LoadCertificate(authority))]);
        }
        catch (CryptographicException problem)
        {
            throw new InvalidDataException($"A trust anchor of the gateway {host} is no certificate: {problem.Message}", problem);
        }
    }

    /// <summary>What a client asks of the gateway: its name, TLS 1.2 or 1.3, and one of the authorities that are trusted here.</summary>
    public SslClientAuthenticationOptions TlsOptions()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        return new SslClientAuthenticationOptions
        {
            TargetHost = Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = policy,
        };
    }
}
