import { deleteTeams, newTeam, setTeamBlocked, updateTeam } from '../../admin/change-teams.ts';
import { listTeams, teamInfo } from '../../admin/read-teams.ts';
import type { AdminServices } from '../../admin/services.ts';
import { addMembers, removeMember, setTeamPermissions, teamPermissions, updateMember } from '../../admin/team-members.ts';
import { teamIdQuery, teamListQuery, teamPageQuery } from '../../wire/admin/query.ts';
import * as wire from '../../wire/admin/team.ts';
import { deletedCount } from '../../wire/admin/user.ts';
import { readRoute, writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const teams = { tag: 'teams', access: 'management' } as const;

/** Teams: limits and models that keys share, and who belongs to them. */
export function teamRoutes(services: AdminServices): RouteDefinition[] {
  return [...changeRoutes(services), ...memberRoutes(services), ...readRoutes(services)];
}

function changeRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...teams,
      paths: ['/team/new'],
      summary: 'Make a team',
      body: wire.newTeamRequest,
      answer: wire.teamRow,
      run: (caller, body) => newTeam(services, caller, body),
    }),
    writeRoute({
      ...teams,
      paths: ['/team/update'],
      summary: 'Change fields of a team; null takes a limit away',
      body: wire.updateTeamRequest,
      answer: wire.teamRow,
      run: (caller, body) => updateTeam(services, caller, body),
    }),
    writeRoute({
      ...teams,
      paths: ['/team/delete'],
      summary: 'Delete teams with their keys: all that are named, or none',
      body: wire.deleteTeamsRequest,
      answer: deletedCount,
      run: (caller, { team_ids }) => deleteTeams(services, caller, team_ids),
    }),
    ...[true, false].map((blocked) =>
      writeRoute({
        ...teams,
        paths: [blocked ? '/team/block' : '/team/unblock'],
        summary: blocked ? 'Refuse every key of a team until it is unblocked' : 'Let the keys of a blocked team in again',
        body: wire.teamReference,
        answer: wire.teamRow,
        run: (caller, { team_id }) => setTeamBlocked(services, caller, { teamId: team_id, blocked }),
      }),
    ),
  ];
}

function memberRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...teams,
      paths: ['/team/member_add'],
      summary: 'Put users into a team',
      body: wire.addMembersRequest,
      answer: wire.addedMembersAnswer,
      run: (caller, body) => addMembers(services, caller, body),
    }),
    writeRoute({
      ...teams,
      paths: ['/team/member_update'],
      summary: 'Change a member’s role and limits in a team',
      body: wire.updateMemberRequest,
      answer: wire.updatedMemberAnswer,
      run: (caller, body) => updateMember(services, caller, body),
    }),
    writeRoute({
      ...teams,
      paths: ['/team/member_delete'],
      summary: 'Take a user out of a team, with the keys that it has there',
      body: wire.deleteMemberRequest,
      answer: wire.teamRow,
      run: (caller, body) => removeMember(services, caller, body),
    }),
    writeRoute({
      ...teams,
      paths: ['/team/permissions_update'],
      summary: 'Set what members may do with their own keys in a team',
      body: wire.teamPermissionsRequest,
      answer: wire.teamRow,
      run: (caller, body) =>
        setTeamPermissions(services, caller, { teamId: body.team_id, permissions: body.team_member_permissions }),
    }),
    readRoute({
      ...teams,
      paths: ['/team/permissions_list'],
      summary: 'What members may do with their own keys in a team',
      query: teamIdQuery,
      answer: wire.teamPermissionsAnswer,
      run: (caller, { team_id }) => teamPermissions(services, caller, team_id),
    }),
  ];
}

function readRoutes(services: AdminServices): RouteDefinition[] {
  return [
    readRoute({
      ...teams,
      paths: ['/team/info'],
      summary: 'A team with its members and keys',
      query: teamIdQuery,
      answer: wire.teamInfoAnswer,
      run: (caller, { team_id }) => teamInfo(services, caller, team_id),
    }),
    readRoute({
      ...teams,
      paths: ['/team/list'],
      summary: 'Every team that the caller sees',
      query: teamListQuery,
      answer: wire.teamListAnswer,
      run: async (caller, query) => (await listTeams(services, caller, query)).teams,
    }),
    readRoute({
      ...teams,
      paths: ['/v2/team/list'],
      summary: 'One page of the teams that the caller sees',
      query: teamPageQuery,
      answer: wire.teamPageAnswer,
      run: async (caller, query) => {
        const { page, page_size } = query;
        const answer = await listTeams(services, caller, query);
        return { ...answer, page, page_size, total_pages: Math.ceil(answer.total / page_size) };
      },
    }),
  ];
}
