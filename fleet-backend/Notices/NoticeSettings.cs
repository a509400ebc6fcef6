namespace DePin.Fleet.Notices;

/// <summary>How people are told of what happens.</summary>
public sealed record NoticeSettings
{
    /// <summary>Host of the mail server that takes our mail; null where no mail is sent.</summary>
    public string? SmtpHost { get; init; }

    /// <summary>Its port.</summary>
    public int SmtpPort { get; init; } = 587;

    /// <summary>Whether the connection to it is encrypted (STARTTLS); without, only a server on this machine is used.</summary>
    public bool SmtpUsesTls { get; init; } = true;

    /// <summary>Name to sign in with; null for none.</summary>
    public string? SmtpUser { get; init; }

    /// <summary>File with the password for it.</summary>
    public string? SmtpPasswordFile { get; init; }

    /// <summary>The address that our mail comes from.</summary>
    public string MailFrom { get; init; } = "fleet@localhost";

    /// <summary>Whether webhooks may go to this machine and to private networks. Otherwise nobody can make the backend speak to its neighbours.</summary>
    public bool AllowPrivateTargets { get; init; }

    /// <summary>Seconds to the next attempt after each that failed; after the last one a delivery is dead.</summary>
    public IReadOnlyList<int> RetrySeconds { get; init; } = [10, 60, 300, 1800, 7200, 28_800, 86_400];

    /// <summary>Days that a notice is kept after it was sent or given up; null for good.</summary>
    public int? KeepDays { get; init; }

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    internal string? Problem() =>
        SmtpPort is < 1 or > 65535 ? "notices.smtpPort must be a number from 1 to 65535."
        : SmtpHost is not null && !SmtpUsesTls && SmtpHost is not ("localhost" or "127.0.0.1" or "::1") ? "notices.smtpUsesTls is off: passwords and mails would cross the network for everybody to read. Use it with a server on this machine only."
        : (SmtpUser is null) != (SmtpPasswordFile is null) ? "notices.smtpUser and notices.smtpPasswordFile belong together."
        : !System.Net.Mail.MailAddress.TryCreate(MailFrom, out _) ? "notices.mailFrom must be a mail address."
        : RetrySeconds.Count > 20 || RetrySeconds.Any(seconds => seconds is < 1 or > 604_800) ? "notices.retrySeconds must be at most 20 numbers from 1 to 604800."
        : KeepDays is < 1 or > 36_500 ? "notices.keepDays must be a number from 1 to 36500, or left out to keep notices for good."
        : null;
}
