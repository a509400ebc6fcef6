using System.Data.Common;
using System.Text.Json;
using Dapper;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Identity;

namespace DePin.Fleet.People;

/// <summary>People in the database, behind the interfaces that ASP.NET Core Identity asks for.</summary>
internal sealed class PersonStore(Database database, StoreWriter writer, PeopleClock clock)
    : IUserPasswordStore<Person>, IUserSecurityStampStore<Person>, IUserLockoutStore<Person>, IUserPasskeyStore<Person>
{
    private const string Columns =
        """
        SELECT id AS Id, name AS Name, roles AS Roles, password_hash AS PasswordHash, security_stamp AS SecurityStamp, security_stamp AS StoredStamp, failed_count AS FailedCount, locked_until_ms AS LockedUntilMs,
            closed_ms AS ClosedMs, made_ms AS MadeMs FROM person
        """;

    private const string PasskeyColumns =
        """
        SELECT credential_id AS CredentialId, name AS Name, public_key AS PublicKey, made_ms AS MadeMs, sign_count AS SignCount, transports AS Transports, is_user_verified AS IsUserVerified,
            is_backup_eligible AS IsBackupEligible, is_backed_up AS IsBackedUp, attestation_object AS AttestationObject, client_data AS ClientData FROM passkey
        """;

    /// <summary>A person by name, or null; closed ones too.</summary>
    public static Person? Find(DbConnection connection, string name) => connection.QuerySingleOrDefault<Person>($"{Columns} WHERE name = @name", new { name });

    /// <summary>A person by row, or null.</summary>
    public static Person? Find(DbConnection connection, long id) => connection.QuerySingleOrDefault<Person>($"{Columns} WHERE id = @id", new { id });

    /// <summary>People by name, after one.</summary>
    public static IReadOnlyList<Person> Page(DbConnection connection, string after, int limit) =>
        connection.Query<Person>($"{Columns} WHERE name > @after ORDER BY name LIMIT @limit", new { after, limit }).AsList();

    /// <summary>Whether there ever was somebody with a role.</summary>
    public static bool IsAny(DbConnection connection, Roles role) => connection.ExecuteScalar<long>("SELECT CASE WHEN EXISTS(SELECT 1 FROM person WHERE roles & @role <> 0) THEN 1 ELSE 0 END", new { role }) == 1;

    /// <summary>How many open accounts have a role.</summary>
    public static long Count(DbConnection connection, Roles role) => connection.ExecuteScalar<long>("SELECT count(*) FROM person WHERE roles & @role <> 0 AND closed_ms IS NULL", new { role });

    /// <summary>Stores a new person; false where the name is taken.</summary>
    public static bool Insert(DbConnection connection, Person person) =>
        connection.Execute(
            """
            INSERT INTO person(name, roles, password_hash, security_stamp, made_ms) SELECT @Name, @Roles, @PasswordHash, @SecurityStamp, @MadeMs
            WHERE NOT EXISTS(SELECT 1 FROM person WHERE name = @Name)
            """,
            person) == 1;

    /// <summary>Wrong passwords before an account is locked.</summary>
    public const int AttemptsBeforeLock = 10;

    /// <summary>How long it is locked then.</summary>
    public const long LockMs = 15 * 60_000;

    /// <summary>
    /// Counts an attempt before its password is looked at, so that attempts at the same time are no more than one after another. The one
    /// that reaches the limit is still looked at. False while the account is locked.
    /// </summary>
    public static bool TakeAttempt(DbConnection connection, long id, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE person SET
            failed_count = CASE WHEN locked_until_ms IS NULL THEN failed_count + 1 ELSE 1 END,
            locked_until_ms = CASE WHEN locked_until_ms IS NULL AND failed_count + 1 >= @AttemptsBeforeLock THEN @nowUnixMilliseconds + @LockMs ELSE NULL END
        WHERE id = @id AND closed_ms IS NULL AND (locked_until_ms IS NULL OR locked_until_ms <= @nowUnixMilliseconds)
        """,
        new { id, nowUnixMilliseconds, AttemptsBeforeLock, LockMs }) == 1;

    /// <summary>Forgets the attempts after a right one.</summary>
    public static void ForgetAttempts(DbConnection connection, long id) =>
        connection.Execute("UPDATE person SET failed_count = 0, locked_until_ms = NULL WHERE id = @id", new { id });

    /// <summary>Writes all of a person; only inside the job that read them.</summary>
    public static bool Update(DbConnection connection, Person person) =>
        connection.Execute(
            """
            UPDATE person SET roles = @Roles, password_hash = @PasswordHash, security_stamp = @SecurityStamp, failed_count = @FailedCount, locked_until_ms = @LockedUntilMs, closed_ms = @ClosedMs
            WHERE id = @Id
            """,
            person) == 1;

    /// <summary>Takes all passkeys of a person away.</summary>
    public static int RemovePasskeys(DbConnection connection, long person) => connection.Execute("DELETE FROM passkey WHERE person = @person", new { person });

    /// <summary>Credential ids and names of a person's passkeys, oldest first.</summary>
    public static IReadOnlyList<PasskeyRow> Passkeys(DbConnection connection, long person) =>
        connection.Query<PasskeyRow>($"{PasskeyColumns} WHERE person = @person ORDER BY made_ms", new { person }).AsList();

    public async Task<IdentityResult> CreateAsync(Person user, CancellationToken cancellationToken)
    {
        user.MadeMs = clock.UnixMilliseconds;
        bool isNew = await writer.RunAsync(connection => Insert(connection, user));
        user.Id = Read(connection => Find(connection, user.Name))?.Id ?? 0;
        return isNew ? IdentityResult.Success : IdentityResult.Failed(new IdentityError { Code = "NameTaken", Description = "This name is taken." });
    }

    public async Task<IdentityResult> UpdateAsync(Person user, CancellationToken cancellationToken) =>
        await writer.RunAsync(connection => UpdatePassword(connection, user))
            ? IdentityResult.Success
            : IdentityResult.Failed(new IdentityError { Code = "Changed", Description = "The account was changed or closed meanwhile." });

    public Task<IdentityResult> DeleteAsync(Person user, CancellationToken cancellationToken) => throw new NotSupportedException("a person is closed, never deleted");

    public Task<Person?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        Task.FromResult(long.TryParse(userId, out long id) && Read(connection => Find(connection, id)) is { ClosedMs: null } person ? person : null);

    public Task<Person?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Task.FromResult(Read(connection => Find(connection, normalizedUserName.ToLowerInvariant())) is { ClosedMs: null } person ? person : null);

    public Task<string> GetUserIdAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public Task<string?> GetUserNameAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);

    public Task SetUserNameAsync(Person user, string? userName, CancellationToken cancellationToken)
    {
        user.Name = userName ?? throw new ArgumentNullException(nameof(userName));
        return Task.CompletedTask;
    }

    public Task<string?> GetNormalizedUserNameAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);

    public Task SetNormalizedUserNameAsync(Person user, string? normalizedName, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetPasswordHashAsync(Person user, string? passwordHash, CancellationToken cancellationToken)
    {
        user.PasswordHash = passwordHash;
        return Task.CompletedTask;
    }

    public Task<string?> GetPasswordHashAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);

    public Task<bool> HasPasswordAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);

    public Task SetSecurityStampAsync(Person user, string stamp, CancellationToken cancellationToken)
    {
        user.SecurityStamp = stamp;
        return Task.CompletedTask;
    }

    public Task<string?> GetSecurityStampAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.SecurityStamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(Person user, CancellationToken cancellationToken) =>
        Task.FromResult(user.LockedUntilMs is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : (DateTimeOffset?)null);

    // Attempts are written at once and added up in the database: what was read before is not written back over what others wrote.
    public Task SetLockoutEndDateAsync(Person user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken)
    {
        user.LockedUntilMs = lockoutEnd?.ToUnixTimeMilliseconds();
        return writer.RunAsync(connection => connection.Execute("UPDATE person SET locked_until_ms = @LockedUntilMs WHERE id = @Id", new { user.Id, user.LockedUntilMs }));
    }

    public async Task<int> IncrementAccessFailedCountAsync(Person user, CancellationToken cancellationToken) =>
        user.FailedCount = await writer.RunAsync(connection => connection.ExecuteScalar<int>("UPDATE person SET failed_count = failed_count + 1 WHERE id = @Id RETURNING failed_count", new { user.Id }));

    public Task ResetAccessFailedCountAsync(Person user, CancellationToken cancellationToken)
    {
        user.FailedCount = 0;
        return writer.RunAsync(connection => ForgetAttempts(connection, user.Id));
    }

    public Task<int> GetAccessFailedCountAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(user.FailedCount);

    public Task<bool> GetLockoutEnabledAsync(Person user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetLockoutEnabledAsync(Person user, bool enabled, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AddOrUpdatePasskeyAsync(Person user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => writer.RunAsync(connection => connection.Execute(
        """
        INSERT INTO passkey(credential_id, person, name, public_key, made_ms, sign_count, transports, is_user_verified, is_backup_eligible, is_backed_up, attestation_object, client_data)
        VALUES(@CredentialId, @person, @name, @PublicKey, @made, @count, @transports, @IsUserVerified, @IsBackupEligible, @IsBackedUp, @AttestationObject, @ClientDataJson)
        ON CONFLICT(credential_id) DO UPDATE SET sign_count = excluded.sign_count, is_backed_up = excluded.is_backed_up WHERE passkey.person = excluded.person
        """,
        new
        {
            passkey.CredentialId,
            person = user.Id,
            name = passkey.Name ?? "passkey",
            passkey.PublicKey,
            made = passkey.CreatedAt.ToUnixTimeMilliseconds(),
            count = (long)passkey.SignCount,
            transports = JsonSerializer.Serialize(passkey.Transports),
            passkey.IsUserVerified,
            passkey.IsBackupEligible,
            passkey.IsBackedUp,
            passkey.AttestationObject,
            passkey.ClientDataJson,
        }));

    public Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Person user, CancellationToken cancellationToken) =>
        Task.FromResult<IList<UserPasskeyInfo>>([.. Read(connection => Passkeys(connection, user.Id)).Select(row => row.ToInfo())]);

    public Task<Person?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) => Task.FromResult(Read(connection =>
        connection.QuerySingleOrDefault<Person>($"{Columns} WHERE closed_ms IS NULL AND id = (SELECT person FROM passkey WHERE credential_id = @credentialId)", new { credentialId })));

    public Task<UserPasskeyInfo?> FindPasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken) => Task.FromResult(Read(connection =>
        connection.QuerySingleOrDefault<PasskeyRow>($"{PasskeyColumns} WHERE person = @Id AND credential_id = @credentialId", new { user.Id, credentialId }))?.ToInfo());

    public Task RemovePasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken) =>
        writer.RunAsync(connection => connection.Execute("DELETE FROM passkey WHERE person = @Id AND credential_id = @credentialId", new { user.Id, credentialId }));

    public void Dispose()
    {
        // Nothing is held: connections are opened for each question.
    }

    // Only where nobody changed the account since it was read: a new stamp came with every such change.
    private static bool UpdatePassword(DbConnection connection, Person person)
    {
        bool isWritten = connection.Execute(
            "UPDATE person SET password_hash = @PasswordHash, security_stamp = @SecurityStamp WHERE id = @Id AND closed_ms IS NULL AND security_stamp = @StoredStamp", person) == 1;
        person.StoredStamp = isWritten ? person.SecurityStamp : person.StoredStamp;
        return isWritten;
    }

    private T Read<T>(Func<DbConnection, T> read)
    {
        using DbConnection connection = database.OpenReader();
        return read(connection);
    }
}

/// <summary>A passkey as stored.</summary>
internal sealed record PasskeyRow
{
    public required byte[] CredentialId { get; init; }

    public required string Name { get; init; }

    public required byte[] PublicKey { get; init; }

    public long MadeMs { get; init; }

    public long SignCount { get; init; }

    public required string Transports { get; init; }

    public bool IsUserVerified { get; init; }

    public bool IsBackupEligible { get; init; }

    public bool IsBackedUp { get; init; }

    public required byte[] AttestationObject { get; init; }

    public required byte[] ClientData { get; init; }

    public UserPasskeyInfo ToInfo() =>
        new(
            CredentialId, PublicKey, DateTimeOffset.FromUnixTimeMilliseconds(MadeMs), (uint)SignCount, JsonSerializer.Deserialize<string[]>(Transports) ?? [], IsUserVerified, IsBackupEligible, IsBackedUp,
            AttestationObject, ClientData)
        {
            Name = Name,
        };
}
