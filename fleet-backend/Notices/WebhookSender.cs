using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace DePin.Fleet.Notices;

/// <summary>
/// Sends a notice to a webhook, signed as the Standard Webhooks specification says: HMAC-SHA256 over id, time and body. It follows no
/// redirect and, unless the settings allow it, speaks to no address of a private network: whoever may subscribe must not be able to reach what only this machine can.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>What a webhook's key begins with, before its base64.</summary>
    public const string SecretPrefix = "whsec_";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    public WebhookSender(NoticeSettings settings)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1), ConnectTimeout = Limit };
        if (!settings.AllowPrivateTargets)
        {
            handler.ConnectCallback = ConnectToPublicAsync;
        }

        _http = new HttpClient(handler) { Timeout = Limit };
    }

    /// <summary>Sends one; null where it was taken, else why not.</summary>
    public async Task<string?> SendAsync(DueDelivery delivery, byte[] secret, DateTimeOffset now, CancellationToken cancellationToken)
    {
        string id = $"notice-{delivery.Notice}-{delivery.Id}";
        string time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string body = $"{{\"type\":\"{delivery.Kind}\",\"timestamp\":\"{DateTimeOffset.FromUnixTimeMilliseconds(delivery.AtUnixMilliseconds):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\",\"data\":{delivery.Content}}}";
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Target) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", time);
        request.Headers.Add("webhook-signature", "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{time}.{body}"))));
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode}";
        }
        catch (Exception problem) when (problem is HttpRequestException || (problem is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return problem is HttpRequestException ? problem.GetBaseException().Message : $"it did not answer within {Limit.TotalSeconds:0} s";
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Whether an address is somebody's in the open network, and not this machine's, a private network's or a group's.</summary>
    internal static bool IsPublic(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain))
        {
            return false;
        }

        byte[] bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !(bytes[0] is 0 or 10 or >= 224 || (bytes[0] == 100 && (bytes[1] & 0xC0) == 64) || (bytes[0] == 169 && bytes[1] == 254) || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) || (bytes[0] == 192 && bytes[1] == 168))
            : (bytes[0] & 0xE0) == 0x20;
    }

    // The address that is connected to is the one that was looked at: a name that answers differently the second time gains nothing.
    private static async ValueTask<Stream> ConnectToPublicAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        IPAddress[] open = [.. addresses.Where(IsPublic)];
        if (open.Length == 0)
        {
            throw new HttpRequestException($"{context.DnsEndPoint.Host} is an address of this machine or of a private network, and notices.allowPrivateTargets is off");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
