using System.Data.Common;
using System.Net.Mail;
using System.Security.Cryptography;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Notices;

/// <summary>Being told of what happens: subscriptions of one's own, and what could not be delivered.</summary>
internal static class NoticeRoutes
{
    private const int MostSubscriptions = 20;
    private const int MaxTarget = 400;
    private const int SecretBytes = 32;

    // Crockford's base32: nothing that reads like something else.
    private const string CodeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>GET and POST /api/subscriptions, its /confirm, /test and /end; GET /api/deliveries, POST /api/deliveries/{id}/retry.</summary>
    public static void MapNotices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/subscriptions", (Caller caller, Database database) =>
        {
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(new Page<SubscriptionRow>(SubscriptionStore.OfPerson(connection, caller.Id), Next: null));
        }).ForSignedIn().Does("listSubscriptions", "What the caller is told of, and where; at most 20.");
        routes.MapPost("/api/subscriptions", SubscribeAsync).ForSignedIn().Does("subscribe", "Asks to be told of what happens, by mail or webhook; a webhook's key is shown once.");
        routes.MapPost("/api/subscriptions/{id:long}/confirm", ConfirmAsync).ForSignedIn().Does("confirmSubscription", "Says the code back that a mail address was sent.");
        routes.MapPost("/api/subscriptions/{id:long}/test", TestAsync).ForSignedIn().Does("testSubscription", "Sends a test.");
        routes.MapPost("/api/subscriptions/{id:long}/end", EndAsync).ForSignedIn().Does("endSubscription", "Ends a subscription.");
        routes.MapGet("/api/deliveries", Deliveries).ForSignedIn().Does("listDeliveries", "Notices on their way, sent, or given up (state=dead, unless another is asked for), the newest first.");
        routes.MapPost("/api/deliveries/{id:long}/retry", async Task<Results<NoContent, ProblemHttpResult>> (long id, Caller caller, StoreWriter writer, TimeProvider clock) =>
            await writer.RunAsync(connection => NoticeStore.Revive(connection, id, Everybody(caller), Now(clock))) ? TypedResults.NoContent() : Problem($"There is no dead delivery {id} of a subscription that still stands.", 404)).ForSignedIn()
            .Does("retryDelivery", "Tries a notice again that was given up.");
    }

    private static async Task<Results<Ok<SubscribedView>, ProblemHttpResult>> SubscribeAsync(SubscriptionRequest request, Caller caller, FleetSettings settings, WebhookSecrets secrets, StoreWriter writer, TimeProvider clock)
    {
        if (Wrong(request, settings.Notices) is { } wrong)
        {
            return Problem($"{wrong} Nothing was changed.", 400);
        }

        byte[]? secret = request.Channel == "webhook" ? RandomNumberGenerator.GetBytes(SecretBytes) : null;
        string? code = secret is null ? RandomNumberGenerator.GetString(CodeLetters, 8) : null;
        long? id = await writer.RunAsync<long?>(connection =>
        {
            if (SubscriptionStore.OfPerson(connection, caller.Id).Count >= MostSubscriptions)
            {
                return null;
            }

            long made = SubscriptionStore.Insert(connection, caller.Id, request.Channel, request.Target, string.Join(' ', request.Kinds.Distinct()), secret is null ? null : secrets.Seal(secret), code, Now(clock));
            if (code is not null)
            {
                NoticeStore.Tell(connection, made, NoticeKind.Confirmation, $"your code is {code}", new { code, askedBy = caller.Name, next = $"POST /api/subscriptions/{made}/confirm" }, Now(clock));
            }

            return made;
        });
        return id is { } number
            ? TypedResults.Ok(new SubscribedView(number, secret is null ? null : WebhookSender.SecretPrefix + Convert.ToBase64String(secret)))
            : Problem($"You have {MostSubscriptions} subscriptions; end one first. Nothing was changed.", 409);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ConfirmAsync(long id, ConfirmRequest request, Caller caller, StoreWriter writer, TimeProvider clock) =>
        await writer.RunAsync(connection => SubscriptionStore.Confirm(connection, caller.Id, id, request.Code.Trim().ToUpperInvariant(), Now(clock))) switch
        {
            true => TypedResults.NoContent(),
            false => Problem("That is not the code that was sent to this address. After five wrong ones the subscription ends.", 400),
            null => Problem($"You have no subscription {id} that waits for a code.", 404),
        };

    private static async Task<Results<Accepted, ProblemHttpResult>> TestAsync(long id, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        bool isThere = await writer.RunAsync(connection =>
        {
            bool isMine = SubscriptionStore.OfPerson(connection, caller.Id).Any(row => row.Id == id && row.IsConfirmed);
            if (isMine)
            {
                NoticeStore.Tell(connection, id, NoticeKind.Test, "a test", new { askedBy = caller.Name }, Now(clock));
            }

            return isMine;
        });
        return isThere ? TypedResults.Accepted("/api/deliveries?state=sent") : Problem($"You have no confirmed subscription {id}.", 404);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> EndAsync(long id, Caller caller, StoreWriter writer, TimeProvider clock) =>
        await writer.RunAsync(connection => SubscriptionStore.End(connection, caller.Id, id, Now(clock))) ? TypedResults.NoContent() : Problem($"You have no subscription {id}.", 404);

    private static Results<Ok<Page<DeliveryRow>>, ProblemHttpResult> Deliveries(Caller caller, Database database, string state = "dead", string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (state is not ("waiting" or "sent" or "dead"))
        {
            return Problem("state must be waiting, sent or dead.", 400);
        }

        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(NoticeStore.Deliveries(connection, Everybody(caller), state, paging.Before, paging.Rows), row => row.Id));
    }

    private static string? Wrong(SubscriptionRequest request, NoticeSettings settings)
    {
        if (request.Kinds.Count == 0 || request.Kinds.Except(NoticeKind.All).Any())
        {
            return $"kinds must be some of {string.Join(", ", NoticeKind.All)}.";
        }

        if (request.Target.Length is 0 or > MaxTarget || request.Target.Any(char.IsControl))
        {
            return $"target must have 1 to {MaxTarget} printable characters.";
        }

        return request.Channel switch
        {
            "mail" when settings.SmtpHost is null => "This backend sends no mail: whoever keeps it has to set notices.smtpHost.",
            "mail" => MailAddress.TryCreate(request.Target, out MailAddress? address) && address.Address == request.Target ? null : "target must be a mail address, such as amina@example.org.",
            "webhook" => Uri.TryCreate(request.Target, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || (settings.AllowPrivateTargets && url.Scheme == Uri.UriSchemeHttp)) && url.UserInfo.Length == 0
                ? null
                : "target must be an address that begins with https:// and has no name and password in it.",
            _ => "channel must be mail or webhook.",
        };
    }

    // Whose deliveries somebody sees: null for all.
    private static long? Everybody(Caller caller) => caller.Has(Access.WholeFleet) ? null : caller.Id;

    private static long Now(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static ProblemHttpResult Problem(string sentence, int status) => TypedResults.Problem(sentence, statusCode: status);
}

/// <summary>What somebody wants to be told of.</summary>
/// <param name="Channel">mail or webhook.</param>
/// <param name="Target">A mail address or an https URL, 1 to 400 characters.</param>
/// <param name="Kinds">ticket.opened, ticket.overdue, dispute.opened, dispute.answered, node.suspension, event.</param>
public sealed record SubscriptionRequest(string Channel, string Target, IReadOnlyList<string> Kinds);

/// <summary>A subscription that was made; a webhook's key (whsec_ and base64) is shown this once.</summary>
public sealed record SubscribedView(long Id, string? Secret);

/// <summary>The code that was sent to a mail address.</summary>
public sealed record ConfirmRequest(string Code);
