using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DePin.Fleet;
using DePin.Tests.Support;

namespace DePin.Tests.People;

/// <summary>How people reach the pages from elsewhere.</summary>
public sealed class HttpsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_are_served_with_a_certificate_from_files_and_a_renewed_one_needs_no_restart()
    {
        using var folder = new TemporaryFolder();
        (string certificate, string key) = (folder.File("fullchain.pem"), folder.File("privkey.pem"));
        Write(certificate, key, "first", days: 90);
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Https = new HttpsSettings { CertificateFile = certificate, KeyFile = key, Port = 0 } });
        int port = backend.Part<Listening>().HttpsPort!.Value;
        (string subject, string health) = await AskAsync(port);
        Assert.Equal("CN=first", subject);
        Assert.Contains("every address of this machine, with a certificate that ends", health, StringComparison.Ordinal);
        Assert.DoesNotContain("renew it", health, StringComparison.Ordinal);

        // Half of a renewal changes nothing, and is said.
        await File.WriteAllTextAsync(key, "no key", Cancel);
        backend.Part<Listening>().Certificate!.ReadAgain();
        (subject, health) = await AskAsync(port);
        Assert.Equal("CN=first", subject);
        Assert.Contains("its newer files cannot be used", health, StringComparison.Ordinal);

        Write(certificate, key, "second", days: 10);
        backend.Part<Listening>().Certificate!.ReadAgain();
        (subject, health) = await AskAsync(port);
        Assert.Equal("CN=second", subject);
        Assert.Contains("days: renew it", health, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false, false, "httpListenOnAllAddresses is for a proxy")]
    [InlineData(true, true, false, "httpListenOnAllAddresses is for a proxy")]
    [InlineData(true, true, true, null)]
    [InlineData(false, false, false, null)]
    public void Without_HTTPS_only_a_named_proxy_reaches_the_port_from_elsewhere(bool everywhere, bool behindProxy, bool isNamed, string? problem)
    {
        var settings = new FleetSettings { HttpListenOnAllAddresses = everywhere, Https = new HttpsSettings { BehindProxy = behindProxy, KnownProxies = isNamed ? ["10.0.0.7"] : [] } };
        string? said = Record.Exception(() => settings.Checked())?.Message;
        Assert.Equal(problem is null, said is null);
        Assert.Contains(problem ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_stops_the_start_and_a_plain_backend_says_what_it_lacks()
    {
        var problem = await Assert.ThrowsAsync<StartRefusedException>(() => RunningBackend.StartAsync(change: settings => settings with { Https = new HttpsSettings { CertificateFile = "/nowhere/a.pem", KeyFile = "/nowhere/b.pem" } }));
        Assert.Contains("/nowhere/a.pem", problem.Message, StringComparison.Ordinal);
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var anybody = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        Assert.Contains("this machine only, without HTTPS", await anybody.GetStringAsync("/health", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_proxy_cookies_are_for_HTTPS_only()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Https = new HttpsSettings { BehindProxy = true } });
        using var proxy = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = backend.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using HttpResponseMessage answer = await proxy.SendAsync(request, Cancel);
        Assert.Contains("secure", string.Join(';', answer.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    private static async Task<(string Subject, string Health)> AskAsync(int port)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port, Cancel);
#pragma warning disable CA5359, MA0039 // The certificate is looked at here: it is the test's own, which no authority signed.
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359, MA0039
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancel);
        await tls.WriteAsync("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancel);
        using var reader = new StreamReader(tls);
        return (tls.RemoteCertificate!.Subject, await reader.ReadToEndAsync(Cancel));
    }

    private static void Write(string certificateFile, string keyFile, string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(days));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.SetLastWriteTimeUtc(certificateFile, DateTime.UtcNow.AddSeconds(days));
    }
}
