using System.Data.Common;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Identity;

namespace DePin.Fleet.People;

/// <summary>Making, changing and closing accounts, and the links and tokens that let people and programs in. Each act is audited with who did it.</summary>
internal sealed class Accounts(StoreWriter writer, PeopleClock clock, FirstAdministrator first)
{
    private const long Day = 86_400_000, InvitationDays = 7, ResetMinutes = 30;
    private const int MostPasswordLetters = 200, MostLabelLetters = 64, MostTokenDays = 366, MostPerMinute = 1_000_000;

    private static readonly PasswordHasher<Person> Hasher = new();

    // Looks like anybody's, so that a name that is not there takes as long to refuse.
    private static readonly Person Nobody = new() { Name = "nobody", PasswordHash = Hasher.HashPassword(new Person { Name = "nobody" }, Guid.NewGuid().ToString()) };

    private long Now => clock.UnixMilliseconds;

    /// <summary>Invites somebody under a name; the link's secret, or what is wrong.</summary>
    public Task<(string? Secret, Sentence? Problem)> InviteAsync(Caller by, string name, Roles roles) => writer.RunAsync<(string?, Sentence?)>(connection =>
    {
        if (!Names.IsName(name))
        {
            return (null, Names.Problem("name"));
        }

        // Managers bring in the field; only administrators make more of those who decide.
        if (!by.Has(Roles.Administrator) && (roles & ~(Roles.Operator | Roles.Technician | Roles.CapitalBuilder | Roles.Lender)) != Roles.None)
        {
            return (null, Sentence.Of($"A manager invites operators, technicians, capital builders and lenders; an administrator everybody."));
        }

        if (PersonStore.Find(connection, name) is not null)
        {
            return (null, Sentence.Of($"The name {name} is taken."));
        }

        AuditStore.Record(connection, Now, by.Name, "invited", $"{name}: {string.Join(", ", RoleNames.List(roles))}");
        return (LinkStore.Make(connection, LinkStore.Invitation, name, roles, by.Name, Now, Now + (InvitationDays * Day)), null);
    });

    /// <summary>Makes the account of an invitation.</summary>
    public async Task<(Person? Person, Sentence? Problem)> JoinAsync(string secret, string chosenName, string password)
    {
        if (PasswordProblem(password) is { } problem)
        {
            return (null, problem);
        }

        string hash = Hasher.HashPassword(Nobody, password);
        (Person? person, Sentence? refused) = await writer.RunAsync<(Person?, Sentence?)>(connection =>
        {
            if (LinkStore.Find(connection, secret, Now) is not { } link || link.Kind == LinkStore.Reset)
            {
                return (null, Sentence.Of($"This link was used, or its time is over. Ask for another."));
            }

            string name = link.Name ?? chosenName;
            if (!Names.IsName(name))
            {
                return (null, Names.Problem("name"));
            }

            var made = new Person { Name = name, Roles = link.Roles, PasswordHash = hash, SecurityStamp = Guid.NewGuid().ToString("N"), MadeMs = Now };
            if (!PersonStore.Insert(connection, made))
            {
                return (null, Sentence.Of($"This name is taken. Choose another."));
            }

            LinkStore.Use(connection, secret, Now);
            AuditStore.Record(connection, Now, name, "joined", $"by the {link.Kind} of {link.By}: {string.Join(", ", RoleNames.List(link.Roles))}");
            return (PersonStore.Find(connection, name), null);
        });
        if (person?.Roles.HasFlag(Roles.Administrator) == true)
        {
            first.Withdraw();
        }

        return (person, refused);
    }

    /// <summary>Makes a link by which somebody who lost password and passkey comes back; they are signed out everywhere, passkeys and tokens end.</summary>
    public Task<(string? Secret, Sentence? Problem)> ResetAsync(Caller by, string name) => writer.RunAsync<(string?, Sentence?)>(connection =>
    {
        if (PersonStore.Find(connection, name) is not { ClosedMs: null } person)
        {
            return (null, Sentence.Of($"There is no open account '{name}'."));
        }

        person.SecurityStamp = Guid.NewGuid().ToString("N");
        person.PasswordHash = null;
        PersonStore.Update(connection, person);
        int passkeys = PersonStore.RemovePasskeys(connection, person.Id);
        int tokens = TokenStore.RevokeAll(connection, person.Id, Now);
        AuditStore.Record(connection, Now, by.Name, "reset", $"{name}: signed out, {passkeys} passkeys and {tokens} tokens ended");
        return (LinkStore.Make(connection, LinkStore.Reset, name, Roles.None, by.Name, Now, Now + (ResetMinutes * 60_000)), null);
    });

    /// <summary>Sets a new password by a reset link.</summary>
    public async Task<(Person? Person, Sentence? Problem)> ComeBackAsync(string secret, string password)
    {
        if (PasswordProblem(password) is { } problem)
        {
            return (null, problem);
        }

        string hash = Hasher.HashPassword(Nobody, password);
        return await writer.RunAsync<(Person?, Sentence?)>(connection =>
        {
            if (LinkStore.Find(connection, secret, Now) is not { Kind: LinkStore.Reset, Name: { } name } || PersonStore.Find(connection, name) is not { ClosedMs: null } person)
            {
                return (null, Sentence.Of($"This link was used, or its time is over. Ask for another."));
            }

            (person.PasswordHash, person.SecurityStamp, person.FailedCount, person.LockedUntilMs) = (hash, Guid.NewGuid().ToString("N"), 0, null);
            PersonStore.Update(connection, person);
            LinkStore.Use(connection, secret, Now);
            AuditStore.Record(connection, Now, name, "came back", "by a reset link");
            return (person, null);
        });
    }

    /// <summary>Gives somebody these roles and no others; sessions end.</summary>
    public Task<Sentence?> SetRolesAsync(Caller by, string name, Roles roles) => OnOpenAsync(name, (connection, person) =>
    {
        if (person.Roles.HasFlag(Roles.Administrator) && !roles.HasFlag(Roles.Administrator) && PersonStore.Count(connection, Roles.Administrator) == 1)
        {
            return Sentence.Of($"The last administrator stays one; make another first.");
        }

        AuditStore.Record(connection, Now, by.Name, "changed roles", $"{name}: {string.Join(", ", RoleNames.List(person.Roles))} to {string.Join(", ", RoleNames.List(roles))}");
        (person.Roles, person.SecurityStamp) = (roles, Guid.NewGuid().ToString("N"));
        PersonStore.Update(connection, person);
        return null;
    });

    /// <summary>Closes an account for good: no session, passkey or token of it works any more.</summary>
    public Task<Sentence?> CloseAsync(Caller by, string name) => OnOpenAsync(name, (connection, person) =>
    {
        if (person.Roles.HasFlag(Roles.Administrator) && PersonStore.Count(connection, Roles.Administrator) == 1)
        {
            return Sentence.Of($"The last administrator's account is not closed; make another first.");
        }

        (person.ClosedMs, person.SecurityStamp, person.PasswordHash) = (Now, Guid.NewGuid().ToString("N"), null);
        PersonStore.Update(connection, person);
        PersonStore.RemovePasskeys(connection, person.Id);
        TokenStore.RevokeAll(connection, person.Id, Now);
        AuditStore.Record(connection, Now, by.Name, "closed", name);
        return null;
    });

    /// <summary>Ends all sessions of the caller.</summary>
    public Task<Sentence?> SignOutEverywhereAsync(Caller by) => OnOpenAsync(by.Name, (connection, person) =>
    {
        person.SecurityStamp = Guid.NewGuid().ToString("N");
        PersonStore.Update(connection, person);
        AuditStore.Record(connection, Now, by.Name, "signed out everywhere", by.Name);
        return null;
    });

    /// <summary>Makes a token for the caller; its text, or what is wrong.</summary>
    public Task<(string? Token, Sentence? Problem)> MakeTokenAsync(Caller by, TokenRequest request) => writer.RunAsync<(string?, Sentence?)>(connection =>
    {
        if (Bounds.Printable("label", request.Label, MostLabelLetters) is { } label)
        {
            return (null, label);
        }

        if (request.Days is < 1 or > MostTokenDays || request.PerMinute is < 1 or > MostPerMinute)
        {
            return (null, Sentence.Of($"days must be from 1 to {MostTokenDays}, and perMinute from 1 to {MostPerMinute}."));
        }

        if (RoleNames.Parse(request.Scopes) is not { } roles || (roles & ~by.Roles) != Roles.None)
        {
            string has = string.Join(", ", RoleNames.List(by.Roles));
            return (null, Sentence.Of($"scopes must be roles that you have: {has}."));
        }

        AuditStore.Record(connection, Now, by.Name, "made a token", $"{request.Label}: {string.Join(", ", request.Scopes)}{(request.IsReadOnly ? ", only reading" : "")}, {request.Days} days");
        return (TokenStore.Make(connection, by.Id, request.Label, roles, request.IsReadOnly, request.PerMinute, Now, Now + (request.Days * Day)), null);
    });

    /// <summary>Ends a token of the caller.</summary>
    public Task<bool> RevokeTokenAsync(Caller by, long id) => writer.RunAsync(connection =>
    {
        bool isRevoked = TokenStore.Revoke(connection, by.Id, id, Now);
        if (isRevoked)
        {
            AuditStore.Record(connection, Now, by.Name, "ended a token", id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return isRevoked;
    });

    /// <summary>Records an act.</summary>
    public Task AuditAsync(string by, string what, string about) => writer.RunAsync(connection => AuditStore.Record(connection, Now, by, what, about));

    /// <summary>
    /// Looks at a name and a password; null where they do not fit or the account is locked. Whoever it is, there is one commit and one look at a
    /// hash: a name that is not there takes as long as one that is.
    /// </summary>
    public async Task<Person?> CheckAsync(string name, string password)
    {
        (Person? person, bool mayTry) = await writer.RunAsync(connection =>
        {
            Person? found = PersonStore.Find(connection, name.Trim().ToLowerInvariant());
            bool isTaken = found is { PasswordHash: not null } && PersonStore.TakeAttempt(connection, found.Id, Now);
            if (!isTaken)
            {
                AuditStore.Record(connection, Now, "nobody", found is null ? "tried a name that is not here" : "tried a locked account", found?.Name ?? "");
            }

            return (found, isTaken);
        });
        bool isRight = Hasher.VerifyHashedPassword(person ?? Nobody, person?.PasswordHash ?? Nobody.PasswordHash!, password) != PasswordVerificationResult.Failed;
        if (!mayTry || !isRight)
        {
            return null;
        }

        await writer.RunAsync(connection => PersonStore.ForgetAttempts(connection, person!.Id));
        return person;
    }

    /// <summary>What is wrong with a password, or null.</summary>
    public static Sentence? PasswordProblem(string password) =>
        password.Length is < PeopleServices.LeastPasswordLetters or > MostPasswordLetters || password.Distinct().Count() < 4
            ? Sentence.Of($"A password has {PeopleServices.LeastPasswordLetters} to {MostPasswordLetters} characters, four different ones at least; three or four random words are good.")
            : null;

    private Task<Sentence?> OnOpenAsync(string name, Func<DbConnection, Person, Sentence?> work) => writer.RunAsync(connection =>
        PersonStore.Find(connection, name) is { ClosedMs: null } person ? work(connection, person) : Sentence.Of($"There is no open account '{name}'."));
}

/// <summary>A token to make.</summary>
/// <param name="Label">What it is for.</param>
/// <param name="Scopes">Roles that it may use, of those its person has.</param>
/// <param name="Days">How long it is good for.</param>
/// <param name="PerMinute">How often it may ask in a minute.</param>
/// <param name="IsReadOnly">Whether it only reads.</param>
internal sealed record TokenRequest(string Label, string[] Scopes, int Days = 30, int PerMinute = 600, bool IsReadOnly = false);
