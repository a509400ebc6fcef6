using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DePin.Fleet.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>The fleet's own certificate authority, and who can connect with it.</summary>
public sealed class TlsTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12, "localhost")]
    [InlineData(SslProtocols.Tls13, "127.0.0.1")]
    public async Task A_node_that_trusts_the_authority_logs_in(SslProtocols protocol, string host)
    {
        using var node = new TestNode();
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await backend.RegisterAsync(node);
        await using MqttSocket client = await MqttSocket.OpenTlsAsync(backend, protocol, host);
        await client.SendAsync(Packet.Connect(node));
        await client.ExpectAsync(Packet.ConnAck, [0, 0]);
    }

    [Fact]
    public async Task Older_tls_and_names_that_are_not_in_the_certificate_fail()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
#pragma warning disable SYSLIB0039, CA5397 // That this old version is refused is what the test shows.
        await Assert.ThrowsAnyAsync<Exception>(() => MqttSocket.OpenTlsAsync(backend, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
        await Assert.ThrowsAsync<AuthenticationException>(() => MqttSocket.OpenTlsAsync(backend, SslProtocols.None, "elsewhere.example"));
    }

    [Fact]
    public async Task The_authority_stays_the_same_after_a_restart()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        string before = await File.ReadAllTextAsync(backend.CaPath, TestContext.Current.CancellationToken);
        await backend.RestartAsync();
        Assert.Equal(before, await File.ReadAllTextAsync(backend.CaPath, TestContext.Current.CancellationToken));
        await using MqttSocket client = await MqttSocket.OpenTlsAsync(backend, SslProtocols.Tls13);
    }

    [Fact]
    public void Certificates_are_what_a_node_without_a_clock_can_check()
    {
        using var folder = new TemporaryFolder();
        using X509Certificate2 server = CertificateAuthority.Open(folder.Path).IssueServerCertificate(["fleet.example", "10.0.0.7"]);
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(folder.File("ca.pem"));
        foreach (X509Certificate2 certificate in (X509Certificate2[])[server, authority])
        {
            Assert.Equal(DateTime.UnixEpoch, certificate.NotBefore.ToUniversalTime());
            Assert.True(certificate.NotAfter.Year >= 2100);
            using ECDsa key = certificate.GetECDsaPublicKey()!;
            Assert.Equal(256, key.KeySize);
        }

        Assert.True(server.MatchesHostname("fleet.example") && server.MatchesHostname("localhost") && server.MatchesHostname("10.0.0.7"));
        Assert.Contains(server.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>(), use => use.Value == "1.3.6.1.5.5.7.3.1");
        Assert.True(authority.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.True(authority.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));
        Assert.Equal(
            authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.ToArray(),
            server.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.ToArray());
        Assert.False(authority.HasPrivateKey);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File(Path.Combine("keys", "ca.key"))));
        }
    }

    [Fact]
    public void A_start_that_broke_off_before_the_certificate_was_written_goes_on_with_the_same_key()
    {
        using var folder = new TemporaryFolder();
        using X509Certificate2 first = CertificateAuthority.Open(folder.Path).IssueServerCertificate([]);
        using X509Certificate2 before = X509CertificateLoader.LoadCertificateFromFile(folder.File("ca.pem"));
        File.Delete(folder.File("ca.pem"));
        CertificateAuthority.Open(folder.Path);
        using X509Certificate2 after = X509CertificateLoader.LoadCertificateFromFile(folder.File("ca.pem"));
        Assert.Equal(before.GetPublicKey(), after.GetPublicKey());

        File.Delete(folder.File(Path.Combine("keys", "ca.key")));
        Assert.Throws<InvalidDataException>(() => CertificateAuthority.Open(folder.Path));
    }
}
