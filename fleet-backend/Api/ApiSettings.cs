namespace DePin.Fleet.Api;

/// <summary>How much may be asked of the API, and when it warns of what runs out.</summary>
public sealed record ApiSettings
{
    /// <summary>Requests of one account in a minute, by all its sessions and tokens together; each token has a limit of its own beside.</summary>
    public int RequestsPerAccountAndMinute { get; init; } = 6000;

    /// <summary>Requests to the API of one address in a minute without an account; of IPv6 one network of 64 bits.</summary>
    public int StrangersRequestsPerMinute { get; init; } = 600;

    /// <summary>What is wrong with them, or null.</summary>
    internal string? Problem() =>
        RequestsPerAccountAndMinute is < 1 or > 1_000_000 ? $"api.requestsPerAccountAndMinute is {RequestsPerAccountAndMinute}; it must be a number from 1 to 1000000."
        : StrangersRequestsPerMinute is < 1 or > 1_000_000 ? $"api.strangersRequestsPerMinute is {StrangersRequestsPerMinute}; it must be a number from 1 to 1000000."
        : null;
}
