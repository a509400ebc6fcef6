using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using DePin.Fleet.Api;

namespace DePin.Fleet.People;

/// <summary>
/// Counts what tokens and accounts ask for in a minute, what strangers ask of the API, and what addresses try at the doors. Its memory is bounded: accounts and
/// tokens are rows, and addresses fall into a fixed number of heaps whose order nobody outside knows.
/// </summary>
internal sealed class TokenRates : IDisposable
{
    private const string OverLimit = "depin:over-limit";

    // Far more than a workshop behind one address needs to sign in, far less than guessing needs.
    private const int TriesPerAddress = 30;

    // Two addresses out of so many may share a limit.
    private const int Heaps = 65_536;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Tries = TimeSpan.FromMinutes(5);

    private readonly PartitionedRateLimiter<TokenRow> _tokens = PartitionedRateLimiter.Create<TokenRow, long>(token => PerWindow(token.Id, token.PerMinute, Minute));

    private readonly PartitionedRateLimiter<string> _addresses = PartitionedRateLimiter.Create<string, int>(address => PerWindow(Heap(address), TriesPerAddress, Tries));

    private readonly PartitionedRateLimiter<long> _accounts;
    private readonly PartitionedRateLimiter<string> _strangers;
    private readonly ApiSettings _settings;

    public TokenRates(FleetSettings settings)
    {
        _settings = settings.Api;
        _accounts = PartitionedRateLimiter.Create<long, long>(person => PerWindow(person, _settings.RequestsPerAccountAndMinute, Minute));
        _strangers = PartitionedRateLimiter.Create<string, int>(address => PerWindow(Heap(address), _settings.StrangersRequestsPerMinute, Minute));
    }

    /// <summary>Counts a request of a token.</summary>
    public void Count(HttpContext context, TokenRow token)
    {
        using RateLimitLease lease = _tokens.AttemptAcquire(token);
        if (!lease.IsAcquired)
        {
            context.Items[OverLimit] = new Refusal($"This token may ask {token.PerMinute} times in a minute.", SecondsUntil(lease));
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

    /// <summary>Refuses requests of a token, an account or a stranger that is over its limit.</summary>
    public static void Use(WebApplication app)
    {
        TokenRates rates = app.Services.GetRequiredService<TokenRates>();
        app.Use(async (context, next) =>
        {
            if ((context.Items[OverLimit] as Refusal ?? rates.Count(context)) is not { } refusal)
            {
                await next(context);
                return;
            }

            context.Response.Headers.RetryAfter = refusal.Seconds.ToString(CultureInfo.InvariantCulture);
            await TypedResults.Problem($"{refusal.Sentence} Nothing was changed; ask again in {refusal.Seconds} s.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
        });
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _addresses.Dispose();
        _accounts.Dispose();
        _strangers.Dispose();
    }

    // Pages and the log of proofs are not counted: behind one address of a mobile network are many people.
    private Refusal? Count(HttpContext context)
    {
        if (!RouteWords.IsApi(context))
        {
            return null;
        }

        Caller? caller = Caller.Of(context.User);
        using RateLimitLease lease = caller is null ? _strangers.AttemptAcquire(AddressOf(context)) : _accounts.AttemptAcquire(caller.Id);
        return lease.IsAcquired ? null
            : caller is null ? new Refusal($"An address without an account may ask {_settings.StrangersRequestsPerMinute} times in a minute.", SecondsUntil(lease))
            : new Refusal($"An account may ask {_settings.RequestsPerAccountAndMinute} times in a minute, by all its sessions and tokens together.", SecondsUntil(lease));
    }

    private static RateLimitPartition<TKey> PerWindow<TKey>(TKey key, int permits, TimeSpan window) =>
        RateLimitPartition.GetFixedWindowLimiter(key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = window });

    // String hashes differ from process to process: nobody can choose an address that shares another's limit.
    private static int Heap(string address) => string.GetHashCode(address, StringComparison.Ordinal) & (Heaps - 1);

    private static int SecondsUntil(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : (int)Minute.TotalSeconds;

    private sealed record Refusal(string Sentence, int Seconds);
}
