using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Api;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.People;

/// <summary>What is stored of a person, for themselves and for administrators; and forgetting it.</summary>
internal static class PersonalDataRoutes
{
    private const int MaxReason = 500;

    /// <summary>GET /api/me/data, GET /api/people/{name}/data, POST /api/people/{name}/erase.</summary>
    public static void MapPersonalData(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/me/data", Results<Ok<PersonalData>, ProblemHttpResult> (Caller caller, Database database, PeopleClock clock) => Read(caller.Name, database, clock))
            .ForSignedIn().Does("getMyData", "All that is stored of the caller under their name, without secrets.");
        routes.MapGet("/api/people/{name}/data", Results<Ok<PersonalData>, ProblemHttpResult> (string name, Database database, PeopleClock clock) => Read(name, database, clock))
            .Needs(Roles.Administrator).Does("getPersonData", "All that is stored of a person under their name, without secrets.");
        routes.MapPost("/api/people/{name}/erase", EraseAsync).Needs(Roles.Administrator)
            .Does("erasePerson", "Closes an account and forgets addresses, phones, exact sites and names of keys; what the books need stays under the person's handle.");
    }

    private static Results<Ok<PersonalData>, ProblemHttpResult> Read(string name, Database database, PeopleClock clock)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return PersonStore.Find(connection, name) is { } person
            ? TypedResults.Ok(new PersonalData(
                PersonView.Of(person), clock.UnixMilliseconds, JsonSerializer.SerializeToNode(PersonalDataStore.Read(connection, person.Id, person.Name), JsonSerializerOptions.Web)!.AsObject()))
            : TypedResults.Problem($"There is no account '{name}'.", statusCode: 404);
    }

    private static async Task<Results<Ok<ErasedView>, ProblemHttpResult>> EraseAsync(string name, EraseRequest request, Caller caller, StoreWriter writer, PeopleClock clock)
    {
        if (request.Reason.Length is 0 or > MaxReason || request.Reason.Any(char.IsControl) || request.Confirm != name)
        {
            return TypedResults.Problem($"reason must have 1 to {MaxReason} printable characters, and confirm be the name: what is forgotten does not come back. Nothing was changed.", statusCode: 400);
        }

        (int rows, int status, string? problem) = await writer.RunAsync<(int, int, string?)>(connection =>
        {
            if (PersonStore.Find(connection, name) is not { } person)
            {
                return (0, 404, $"There is no account '{name}'.");
            }

            if (person.ClosedMs is null && person.Roles.HasFlag(Roles.Administrator) && PersonStore.Count(connection, Roles.Administrator) == 1)
            {
                return (0, 409, "The last administrator's account is not erased; make another first.");
            }

            if (PersonalDataStore.IsAwaitingPayout(connection, name))
            {
                return (0, 409, $"Money is on its way to {name}, for which the address is needed: import the provider's results first.");
            }

            if (PersonalDataStore.Operated(connection, name) is > 0 and var nodes)
            {
                return (0, 409, $"{name} operates {nodes} nodes: end their pairings or hand them over first.");
            }

            AuditStore.Record(connection, clock.UnixMilliseconds, caller.Name, "erased", $"{name}: {request.Reason}");
            return (PersonalDataStore.Erase(connection, person.Id, person.Name, clock.UnixMilliseconds), 200, null);
        });
        return problem is null ? TypedResults.Ok(new ErasedView(name, rows)) : TypedResults.Problem($"{problem} Nothing was changed.", statusCode: status);
    }
}

/// <summary>All that is stored of a person: the account, and rows of each kind as the database has them. Their statements and evidence are files of their own.</summary>
internal sealed record PersonalData(PersonView Person, long AtUnixMilliseconds, JsonObject Stored);

/// <summary>Why somebody is forgotten; confirm is their name.</summary>
internal sealed record EraseRequest(string Reason, string Confirm);

/// <summary>Somebody who was forgotten, and in how many rows.</summary>
internal sealed record ErasedView(string Name, int Rows);
