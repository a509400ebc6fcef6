using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace DePin.Fleet.People;

/// <summary>Counts what tokens ask for in a minute, and what addresses try at the doors.</summary>
internal sealed class TokenRates : IDisposable
{
    private const string OverLimit = "depin:over-limit";

    // Far more than a workshop behind one address needs to sign in, far less than guessing needs.
    private const int TriesPerAddress = 30;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Tries = TimeSpan.FromMinutes(5);

    private readonly PartitionedRateLimiter<TokenRow> _tokens = PartitionedRateLimiter.Create<TokenRow, long>(token =>
        RateLimitPartition.GetFixedWindowLimiter(token.Id, _ => new FixedWindowRateLimiterOptions { PermitLimit = token.PerMinute, Window = Minute }));

    private readonly PartitionedRateLimiter<string> _addresses = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = TriesPerAddress, Window = Tries }));

    /// <summary>Counts a request of a token.</summary>
    public void Count(HttpContext context, TokenRow token)
    {
        using RateLimitLease lease = _tokens.AttemptAcquire(token);
        if (!lease.IsAcquired)
        {
            context.Items[OverLimit] = token.PerMinute;
        }
    }

    /// <summary>Whether an address may try once more to get in.</summary>
    public bool MayTry(HttpContext context)
    {
        using RateLimitLease lease = _addresses.AttemptAcquire(AddressOf(context));
        return lease.IsAcquired;
    }

    // Of IPv6 the network of 64 bits, which one customer has whole: its addresses cost nothing.
    internal static string AddressOf(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    /// <summary>Refuses requests of a token that is over its limit.</summary>
    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.Items[OverLimit] is not int perMinute)
        {
            await next(context);
            return;
        }

        context.Response.Headers.RetryAfter = "60";
        await TypedResults.Problem($"This token may ask {perMinute} times in a minute. Nothing was changed; ask again later.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    });

    public void Dispose()
    {
        _tokens.Dispose();
        _addresses.Dispose();
    }
}
