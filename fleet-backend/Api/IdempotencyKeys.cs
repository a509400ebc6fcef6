using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace DePin.Fleet.Api;

/// <summary>
/// The header Idempotency-Key on writes of the API. The same key with the same content gives the first answer again for a day, also after a restart; with other
/// content it is refused. The key is stored in the transaction that does the work, so that a request which a kill cut is not done twice: who repeats it then hears
/// that it was done and that its answer is lost.
/// </summary>
internal sealed class IdempotencyKeys(Database database, StoreWriter writer, PeopleClock clock, IDataProtectionProvider protection)
{
    /// <summary>The header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>Says in an answer that it was given before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    /// <summary>Keys of an account that are kept at once.</summary>
    public const int MostPerAccount = 5000;

    private const int MostKeyLetters = 200;

    // An answer over this is not kept: its key then says that the work is done. The longest, a thousand vouchers, has 20 KiB.
    private const int MostAnswerBytes = 256 * 1024;

    private readonly IDataProtector _protector = protection.CreateProtector("api answers");
    private readonly ConcurrentDictionary<(long Person, string Key), bool> _running = new();

    /// <summary>Comes after access was checked.</summary>
    public static void Use(WebApplication app)
    {
        IdempotencyKeys keys = app.Services.GetRequiredService<IdempotencyKeys>();
        app.Use(keys.GuardAsync);
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        string key = context.Request.Headers[Header].ToString();
        if (key.Length == 0 || !RouteWords.IsApi(context) || ApiWrites.Of(context) is not { } write)
        {
            await next(context);
            return;
        }

        if (key.Length > MostKeyLetters || key.Any(letter => letter is < ' ' or > '~'))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"{Header} must have 1 to {MostKeyLetters} printable ASCII characters. Nothing was changed.", "keyMalformed");
            return;
        }

        long person = write.Facts.Person;
        byte[] keyHash = SHA256.HashData(Encoding.ASCII.GetBytes(key));
        if (!_running.TryAdd((person, key), true))
        {
            await RefuseInUseAsync(context);
            return;
        }

        try
        {
            byte[] contentHash = await HashAsync(context);
            (KeyUse? used, bool isFull) = Look(person, keyHash);
            if (used is not null)
            {
                // Of what was done before only the writer knows that no loss of the primary takes it away.
                used = await writer.RunAsync(connection => WriteStore.Find(connection, person, keyHash, clock.UnixMilliseconds));
            }

            if (used is null && isFull)
            {
                context.Response.Headers.RetryAfter = "3600";
                await RefuseAsync(context, StatusCodes.Status429TooManyRequests, $"{MostPerAccount} keys of this account are kept for a day each; send fewer, or without keys. Nothing was changed.", "keysFull");
            }
            else if (used is null)
            {
                write.Key = (keyHash, contentHash);
                try
                {
                    await CarryOutAsync(context, next, write);
                }
                catch (KeyInUseException) when (!context.Response.HasStarted)
                {
                    write.Key = null;
                    context.Response.Clear();
                    await RefuseInUseAsync(context);
                }
            }
            else if (!CryptographicOperations.FixedTimeEquals(used.ContentHash, contentHash))
            {
                await RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, "This key was used with other content within a day. Take a new key for a new request. Nothing was changed.", "keyReused");
            }
            else if (used.Answer is not { } answer || Open(answer) is not { } kept)
            {
                await RefuseAsync(context, StatusCodes.Status409Conflict, "This request was carried out before, and its answer is lost: the backend stopped at that moment, or the answer was too long to keep. Read how things stand. Nothing was done a second time.", "answerLost");
            }
            else
            {
                context.Response.StatusCode = kept.Status;
                context.Response.ContentType = kept.ContentType;
                context.Response.Headers[ReplayedHeader] = "true";
                if (kept.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified))
                {
                    await context.Response.Body.WriteAsync(kept.Body, context.RequestAborted);
                }
            }
        }
        finally
        {
            _running.TryRemove((person, key), out _);
        }
    }

    // The answer waits until its key is stored with it.
    private async Task CarryOutAsync(HttpContext context, RequestDelegate next, ApiWrite write)
    {
        Stream body = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        try
        {
            await next(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            context.Response.Body = body;
        }

        if (IsFinal(context.Response.StatusCode) && kept.Length <= MostAnswerBytes)
        {
            write.Answer = _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(new KeptAnswer(context.Response.StatusCode, context.Response.ContentType, kept.ToArray())));
        }

        kept.Position = 0;
        await kept.CopyToAsync(body, context.RequestAborted);
        await context.Response.StartAsync(context.RequestAborted);
    }

    // A fault of ours, or too much at once, is worth another try with the same key.
    private static bool IsFinal(int status) => status is < 500 and not StatusCodes.Status429TooManyRequests;

    private KeptAnswer? Open(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize<KeptAnswer>(_protector.Unprotect(answer));
        }
        catch (CryptographicException)
        {
            // The key files are not those of then: a database restored without them.
            return null;
        }
    }

    private (KeyUse? Used, bool IsFull) Look(long person, byte[] keyHash)
    {
        using DbConnection connection = database.OpenReader();
        long now = clock.UnixMilliseconds;
        return (WriteStore.Find(connection, person, keyHash, now), WriteStore.Count(connection, person, now) >= MostPerAccount);
    }

    private static async Task<byte[]> HashAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            hash.AppendData(buffer.AsSpan(0, read));
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    private static Task RefuseInUseAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return RefuseAsync(context, StatusCodes.Status409Conflict, "A request with this key is being carried out; ask again for its answer. Nothing was done a second time.", "keyInUse");
    }

    private static Task RefuseAsync(HttpContext context, int status, string sentence, string refusal) =>
        TypedResults.Problem(sentence, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["refusal"] = refusal }).ExecuteAsync(context);

    private sealed record KeptAnswer(int Status, string? ContentType, byte[] Body);
}
