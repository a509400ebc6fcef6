using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace DePin.Fleet.Notices;

/// <summary>Sends a notice as a plain mail through the mail server of the settings.</summary>
internal sealed class MailSender(NoticeSettings settings)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Whether mail can be sent at all.</summary>
    public bool IsSetUp => settings.SmtpHost is not null;

    /// <summary>Sends one; null where the server took it, else why not.</summary>
    public async Task<string?> SendAsync(DueDelivery delivery, CancellationToken cancellationToken)
    {
        if (settings.SmtpHost is not { } host)
        {
            return "no mail server is set (notices.smtpHost)";
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var client = new SmtpClient(host, settings.SmtpPort) { EnableSsl = settings.SmtpUsesTls };
            if (settings is { SmtpUser: { } user, SmtpPasswordFile: { } file })
            {
                client.Credentials = new NetworkCredential(user, (await File.ReadAllTextAsync(file, limit.Token)).Trim());
            }

            using var mail = new MailMessage(settings.MailFrom, delivery.Target, "DePin for Impact: " + delivery.Subject, Body(delivery));

            // Who is told twice after a crash can see that it was the same.
            mail.Headers.Add("Message-ID", $"<notice-{delivery.Notice}-{delivery.Id}@{new MailAddress(settings.MailFrom).Host}>");
            await client.SendMailAsync(mail, limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"the mail server did not take it within {Limit.TotalSeconds:0} s";
        }
        catch (Exception problem) when (problem is SmtpException or SocketException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return problem.GetBaseException().Message;
        }
    }

    // Names and values, one a line: short enough for a phone, and readable without us.
    private static string Body(DueDelivery delivery)
    {
        IEnumerable<string> lines = JsonNode.Parse(delivery.Content)!.AsObject().Select(member => $"{member.Key}: {(member.Value is JsonValue value ? value.ToString() : member.Value?.ToJsonString())}");
        return $"{delivery.Subject}\r\n{DateTimeOffset.FromUnixTimeMilliseconds(delivery.AtUnixMilliseconds):yyyy-MM-dd HH:mm} UTC\r\n\r\n{string.Join("\r\n", lines)}\r\n\r\nYou asked for {delivery.Kind}; end it under /api/subscriptions.\r\n";
    }
}
