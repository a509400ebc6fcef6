using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Makes a token for a program where nobody can sign in: on the data folder of a backend that does not run. Whoever may write there may do
/// everything anyhow. The token's account has no password, and is never an administrator.
/// </summary>
internal static class OfflineToken
{
    private const long Day = 86_400_000;
    private const int MostDays = 366, PerMinute = 1_000_000;

    /// <summary>Makes the account where it is missing, and the token; writes it as one JSON object.</summary>
    /// <exception cref="StartRefusedException">A name, role or number is wrong, or the backend runs.</exception>
    public static int Make(string folder, string name, string[] scopes, int days, Func<object, int> write)
    {
        if (!Names.IsName(name) || RoleNames.Parse(scopes) is not { } roles || roles.HasFlag(Roles.Administrator) || days is < 1 or > MostDays)
        {
            throw new StartRefusedException(
                $"{Names.Problem("--name")} --scopes are {string.Join(", ", RoleNames.All.Where(role => role != Roles.Administrator).Select(RoleNames.Of))} (by comma), --days is from 1 to {MostDays}.");
        }

        using DataFolder held = DataFolder.Open(folder);
        using var database = Database.Open(held, TimeProvider.System);
        using var writer = new StoreWriter(database);
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        string? token = writer.RunAsync(connection =>
        {
            PersonStore.Insert(connection, new Person { Name = name, Roles = roles, SecurityStamp = Guid.NewGuid().ToString("N"), MadeMs = now });
            Person person = PersonStore.Find(connection, name)!;
            if (person.PasswordHash is not null || person.ClosedMs is not null)
            {
                return null;
            }

            person.Roles = roles;
            PersonStore.Update(connection, person);
            AuditStore.Record(connection, now, "offline", "made a token", $"{name}: {string.Join(", ", scopes)}, {days} days");
            return TokenStore.Make(connection, person.Id, "made offline", roles, isReadOnly: false, PerMinute, now, now + (days * Day));
        }).GetAwaiter().GetResult();
        return token is not null ? write(new { name, token }) : throw new StartRefusedException($"{name} is a person who signs in; give the program a name of its own.");
    }
}
