using System.Data.Common;
using System.Security.Cryptography;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace DePin.Fleet.Notices;

/// <summary>
/// Tells people: makes notices of what happened, sends those that are due, tries again with growing waits, and gives up into a list that
/// people can see and bring back. A kill between sending and noting it sends once more, under the same id.
/// </summary>
internal sealed class Notifier(Database database, StoreWriter writer, FleetSettings settings, WebhookSecrets secrets, TimeProvider clock, ILogger<Notifier> logger) : BackgroundService
{
    private const int AtOnce = 32, ForgottenAtOnce = 5000;
    private const long Hour = 3_600_000, Day = 24 * Hour;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private readonly MailSender _mail = new(settings.Notices);
    private long _forgetMs;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var webhooks = new WebhookSender(settings.Notices);
        while (!stoppingToken.IsCancellationRequested)
        {
            bool isMore = false;
            try
            {
                isMore = await StepAsync(webhooks, stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                logger.LogError(problem, "Telling people of what happened failed; it is tried again");
            }

            await Task.Delay(isMore ? TimeSpan.Zero : Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Collects and sends once; whether there may be more to do at once.</summary>
    private async Task<bool> StepAsync(WebhookSender webhooks, CancellationToken cancellationToken)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        bool hasNews = Read(connection => NoticeStore.HasNews(connection, now));
        bool isMore = hasNews && await writer.RunAsync(connection => NoticeStore.Collect(connection, now));
        await ForgetAsync(now);
        IReadOnlyList<DueDelivery> due = Read(connection => NoticeStore.Due(connection, now, AtOnce));
        if (due.Count == 0)
        {
            return isMore;
        }

        string?[] problems = await Task.WhenAll(due.Select(delivery => SendAsync(webhooks, delivery, cancellationToken)));
        long ended = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await writer.RunAsync(connection =>
        {
            foreach ((DueDelivery delivery, string? problem) in due.Zip(problems))
            {
                NoticeStore.Note(connection, delivery.Id, problem, problem is null ? null : Next(delivery, ended), ended);
            }
        });
        return isMore || due.Count == AtOnce;
    }

    // Once an hour, and at once again while there is more.
    private async Task ForgetAsync(long now)
    {
        if (settings.Notices.KeepDays is { } days && now >= _forgetMs)
        {
            int forgotten = await writer.RunAsync(connection => NoticeStore.Forget(connection, now - (days * Day), ForgottenAtOnce));
            _forgetMs = forgotten == ForgottenAtOnce ? now : now + Hour;
        }
    }

    private async Task<string?> SendAsync(WebhookSender webhooks, DueDelivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Channel == "mail")
        {
            return await _mail.SendAsync(delivery, cancellationToken);
        }

        return secrets.Open(delivery.Secret!) is { } secret
            ? await webhooks.SendAsync(delivery, secret, clock.GetUtcNow(), cancellationToken)
            : "its key does not open under this data folder's keys; subscribe again";
    }

    // Up to a fifth more, so that what failed together is not tried together for ever.
    private long? Next(DueDelivery delivery, long nowUnixMilliseconds) => delivery.Attempts < settings.Notices.RetrySeconds.Count
        ? nowUnixMilliseconds + (settings.Notices.RetrySeconds[(int)delivery.Attempts] * RandomNumberGenerator.GetInt32(1000, 1200))
        : null;

    private T Read<T>(Func<DbConnection, T> read)
    {
        using DbConnection connection = database.OpenReader();
        return read(connection);
    }
}

/// <summary>The keys of webhooks, encrypted for the database under the data folder's keys.</summary>
internal sealed class WebhookSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("webhook");

    /// <summary>Encrypts one.</summary>
    public byte[] Seal(byte[] secret) => _protector.Protect(secret);

    /// <summary>Decrypts one; null where the keys are not those of then.</summary>
    public byte[]? Open(byte[] sealedSecret)
    {
        try
        {
            return _protector.Unprotect(sealedSecret);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
